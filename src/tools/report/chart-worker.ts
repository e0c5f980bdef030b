// Compiles and draws charts on a thread of its own, so that a spec that explodes can be stopped.
import { parentPort } from "node:worker_threads";
import { Resvg } from "@resvg/resvg-js";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { ChartJob, ChartReply } from "./chart-renderer.ts";
import { CHART_FONT, chartTheme } from "./chart-theme.ts";
import { encodePng } from "./encode-png.ts";
import { textWidth } from "./text-width.ts";

/** vega-lite reports a spec that it only half understands as warnings; here they are reasons to refuse. */
const collector = (reasons: string[]) => {
  const logger = {
    level: () => logger,
    error: (...args: unknown[]) => (reasons.push(args.join(" ")), logger),
    warn: (...args: unknown[]) => (reasons.push(args.join(" ")), logger),
    info: () => logger,
    debug: () => logger,
  };
  return logger;
};

// Vega's own guess without a canvas is a third too wide, and cuts labels that would fit.
const { textMetrics } = vega as unknown as { textMetrics: { width: typeof textWidth } };
textMetrics.width = textWidth;

const refuse = (): Promise<never> => Promise.reject(new Error("charts load nothing"));

const draw = async ({ spec, scale, fontFiles }: ChartJob): Promise<ChartReply> => {
  const reasons: string[] = [];
  const compiled = compile(spec as unknown as TopLevelSpec, {
    config: chartTheme,
    logger: collector(reasons),
  });
  if (reasons.length > 0) return { error: reasons.join("; ") };
  const view = new vega.View(vega.parse(compiled.spec), {
    renderer: "none",
    logLevel: vega.Error,
    loader: { load: refuse, sanitize: refuse, http: refuse, file: refuse },
  });
  const svg = await view.toSVG();
  view.finalize();
  const picture = new Resvg(svg, {
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: CHART_FONT },
    fitTo: { mode: "zoom", value: scale },
    background: "#ffffff",
  }).render();
  const { width, height } = picture;
  const png = encodePng(picture.pixels, width, height);
  return { svg, png, width: width / scale, height: height / scale };
};

const answer = (reply: ChartReply): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(reply);
};

parentPort?.on("message", (job: ChartJob) => {
  draw(job).then(answer, (error: unknown) => {
    answer({ error: error instanceof Error ? error.message : String(error) });
  });
});
