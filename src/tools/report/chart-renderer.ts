// Draws charts one after the other on a worker thread that is started when needed, stopped when idle,
// and terminated when a chart takes too long.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { TuttiError } from "../../errors.ts";
import { FONT_FILES } from "./fonts.ts";
import { REPORT_LIMITS } from "./limits.ts";

export interface ChartJob {
  /** A complete vega-lite spec, data included. */
  readonly spec: Record<string, unknown>;
  /** Pixels of the PNG per unit of the SVG. */
  readonly scale: number;
  readonly fontFiles: string[];
}

export interface DrawnChart {
  readonly svg: string;
  readonly png: Uint8Array;
  /** Units of the SVG. */
  readonly width: number;
  readonly height: number;
}

export type ChartReply = DrawnChart | { readonly error: string };

const IDLE_MILLISECONDS = 5_000;
const SCALE = 2.5;

// By package name, so that it is found from the bundle too.
const workerUrl = pathToFileURL(createRequire(import.meta.url).resolve("#chart-worker"));

export class ChartRenderer {
  readonly #seconds: number;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(seconds: number = REPORT_LIMITS.chartSeconds) {
    this.#seconds = seconds;
  }

  /** Throws TOOL_FAILED with vega-lite's reason, or when it takes too long; CANCELLED when aborted. */
  draw(spec: Record<string, unknown>, signal?: AbortSignal): Promise<DrawnChart> {
    const drawn = this.#last.then(() => this.#run(spec, signal));
    this.#last = drawn.catch(() => undefined); // the caller has the failure; the next chart goes on
    return drawn;
  }

  async #run(spec: Record<string, unknown>, signal?: AbortSignal): Promise<DrawnChart> {
    const reply = await this.#ask(
      {
        spec,
        scale: SCALE,
        fontFiles: [FONT_FILES.sans, FONT_FILES.sansBold],
      },
      signal,
    );
    if ("error" in reply) {
      throw new TuttiError("TOOL_FAILED", `vega-lite could not draw the chart: ${reply.error}`, {
        hint: "Correct the spec: mark, encoding and transform of vega-lite 6.",
      });
    }
    if (Buffer.byteLength(reply.svg) > REPORT_LIMITS.svgBytes) {
      throw new TuttiError("TOOL_FAILED", "the chart has too many marks", {
        hint: "Aggregate the data before drawing it.",
      });
    }
    return reply;
  }

  #ask(job: ChartJob, signal?: AbortSignal): Promise<ChartReply> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    return new Promise<ChartReply>((resolve, reject) => {
      const fail = (error: unknown): void => {
        finish();
        this.#stop();
        reject(error);
      };
      const onMessage = (reply: ChartReply): void => {
        finish();
        this.#rest(worker);
        resolve(reply);
      };
      const onError = (error: Error): void =>
        fail(
          new TuttiError("TOOL_FAILED", `drawing the chart failed: ${error.message}`, {
            cause: error,
            hint: "Draw fewer marks, or simplify the spec.",
          }),
        );
      const onExit = (): void => onError(new Error("the drawing thread ended"));
      const onAbort = (): void => fail(new TuttiError("CANCELLED", "drawing was cancelled"));
      const timer = setTimeout(
        () =>
          fail(
            new TuttiError("TOOL_FAILED", `drawing took longer than ${this.#seconds} seconds`, {
              hint: "Aggregate the data, or simplify the spec.",
            }),
          ),
        this.#seconds * 1000,
      );
      const finish = (): void => {
        clearTimeout(timer);
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        signal?.removeEventListener("abort", onAbort);
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
      else worker.postMessage(job);
    });
  }

  #start(): Worker {
    return new Worker(workerUrl, {
      resourceLimits: { maxOldGenerationSizeMb: 512 },
      env: {},
      execArgv: [], // a host's --import hooks, like those of LangGraph's dev server, break in a thread
    });
  }

  /** An idle thread does not keep the process alive, and goes away soon. */
  #rest(worker: Worker): void {
    worker.unref();
    this.#idle = setTimeout(() => this.#stop(), IDLE_MILLISECONDS).unref();
  }

  #stop(): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}
