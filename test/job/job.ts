// The whole job in this process: everything composed as the command line composes it, on a data folder
// of its own.
import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose } from "../../src/compose/services.ts";
import { projectFolder } from "../../src/compose/project.ts";
import { createFaultPolicy } from "../../src/models/index.ts";
import { readSettings } from "../../src/compose/settings.ts";
import { createOrchestrator, type OrchestratorValues } from "../../src/orchestrator/index.ts";
import { FileRef, HandOver, type ResultTable, type RunEvent } from "../../src/protocol/index.ts";
import { type Execution, type RunEnd, start } from "../../src/runs/index.ts";

export const SALES_GOAL =
  "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies";

/** Absolute path of an example. */
export const example = (name: string): string => join(projectFolder, "examples", name);

export const openJob = async (environment: Record<string, string> = {}) => {
  const data = mkdtempSync(join(tmpdir(), "tutti-job-"));
  // Pauses between attempts are not waited for.
  const faults = createFaultPolicy({ sleep: async () => undefined });
  const opened = await compose(readSettings({ ...environment, TUTTI_DATA: data }), { faults });
  const graph = createOrchestrator(async () => opened.orchestrator);
  const events: RunEvent[] = [];
  const execution: Execution = {
    graph: graph as unknown as Execution["graph"],
    saver: opened.data.saver,
    threadId: randomUUID(),
    onEvent: (event) => void events.push(event),
  };
  const artifact = async (name: string, end: RunEnd): Promise<Uint8Array> => {
    const files = FileRef.array().parse(end.values["artifacts"]);
    const file = files.find((one) => one.name === name);
    if (file === undefined)
      throw new Error(`no ${name} among ${files.map((one) => one.name).join(", ")}`);
    return await opened.data.artifacts.get(file.sha256);
  };
  const handOver = async (taskId: string, end: RunEnd): Promise<HandOver> => {
    const ref = valuesOf(end).tasks[taskId]?.handOver;
    if (!ref) throw new Error(`task ${taskId} has no hand-over`);
    return HandOver.parse(
      JSON.parse(new TextDecoder().decode(await opened.data.artifacts.get(ref.sha256))),
    );
  };
  return {
    ...opened,
    execution,
    events,
    artifact,
    handOver,
    run: (goal: string, files: readonly string[], options: Record<string, unknown> = {}) =>
      start(execution, {
        goal,
        files: files.map((name) => ({ path: example(name) })),
        options: { today: "2026-10-01", ...options },
      }),
  };
};
export type Job = Awaited<ReturnType<typeof openJob>>;

export const valuesOf = (end: RunEnd): OrchestratorValues => end.values as OrchestratorValues;

export const statusesOf = (end: RunEnd): Record<string, string> =>
  Object.fromEntries(Object.values(valuesOf(end).tasks).map((one) => [one.task.id, one.status]));

/** Attempts that were rejected, by task, with the codes. */
export const rejectionsOf = (end: RunEnd): Record<string, string[]> =>
  Object.fromEntries(
    Object.values(valuesOf(end).tasks)
      .filter(({ rejected }) => rejected.length > 0)
      .map(({ task, rejected }) => [
        task.id,
        rejected.flatMap(({ findings }) =>
          findings.map(({ code, message }) => `${code}: ${message}`),
        ),
      ]),
  );

/** A table's cell by its row label and column. */
export const cellOf = (table: ResultTable, label: string, column: string) => {
  const at = table.columns.findIndex(({ name }) => name === column);
  const row = table.rows.find((cells) => cells.includes(label));
  if (at < 0 || row === undefined) throw new Error(`no ${label}/${column} in ${table.id}`);
  return row[at];
};
