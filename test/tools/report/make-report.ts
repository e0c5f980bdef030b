// Runs the rendering tools as an agent does: JSON in, JSON out.
import { reportTools, type ReportToolsOptions } from "../../../src/tools/index.ts";
import { CHART_SPECS, contextOver, memoryStore, reportSpec } from "./sample-report.ts";

export const toolbox = (options: Partial<ReportToolsOptions> = {}) => {
  const store = memoryStore();
  const tools = reportTools({ context: contextOver(), store, ...options });
  const call = async (name: string, args: unknown): Promise<unknown> => {
    const found = tools.find((tool) => tool.name === name);
    if (found === undefined) throw new Error(`no tool ${name}`);
    return JSON.parse(String(await found.invoke(args as Record<string, unknown>)));
  };
  return { store, call };
};

export const drawCharts = async (call: (name: string, args: unknown) => Promise<unknown>) => {
  const charts: unknown[] = [];
  for (const spec of CHART_SPECS) charts.push(await call("chart", spec));
  return charts;
};

/** The sample report as `pdf` or `dashboard` makes it: the result, and the file's bytes. */
export const makeDocument = async (kind: "pdf" | "dashboard") => {
  const { store, call } = toolbox();
  const result = await call(kind, { report: reportSpec, charts: await drawCharts(call) });
  const { sha256 } = result as { sha256: string };
  return { result, bytes: await store.get(sha256) };
};
