// What a report may show: the verified hand-overs of the tasks before it, and nothing else.
import { TuttiError } from "../../errors.ts";
import type { ArtifactStore, TaskContext } from "../../ports/index.ts";
import type { Narrative, NarrativeSection, Passage, ResultTable } from "../../protocol/index.ts";

export interface ReportTools {
  readonly context: TaskContext;
  readonly store: ArtifactStore;
}

const named = (ids: Iterable<string>): string => [...ids].join(", ") || "none";

const refusal = (message: string, hint: string): TuttiError =>
  new TuttiError("TOOL_FAILED", message, { hint });

const handOvers = (context: TaskContext) => Object.values(context.inputs);

/** All verified tables of the task's inputs, each id once. */
export const inputTables = (context: TaskContext): ResultTable[] => {
  const tables = new Map<string, ResultTable>();
  for (const table of handOvers(context).flatMap((handOver) => handOver.tables)) {
    if (!tables.has(table.id)) tables.set(table.id, table);
  }
  return [...tables.values()];
};

/** Throws TOOL_FAILED, naming the id, when no verified input has the table. */
export const requireTable = (context: TaskContext, id: string): ResultTable => {
  const tables = inputTables(context);
  const found = tables.find((table) => table.id === id);
  if (found !== undefined) return found;
  throw refusal(
    `no verified table is called ${id}`,
    `Use one of: ${named(tables.map((table) => table.id))}.`,
  );
};

export const inputNarratives = (context: TaskContext): Narrative[] =>
  handOvers(context).flatMap(({ narrative }) => (narrative === undefined ? [] : [narrative]));

/** Throws TOOL_FAILED, naming the id, when no verified narrative has the section. */
export const requireSection = (context: TaskContext, id: string): NarrativeSection => {
  const sections = inputNarratives(context).flatMap((narrative) => narrative.sections);
  const found = sections.find((section) => section.id === id);
  if (found !== undefined) return found;
  throw refusal(
    `no verified narrative has a section ${id}`,
    `Use one of: ${named(sections.map((section) => section.id))}.`,
  );
};

export const inputPassages = (context: TaskContext): Map<string, Passage> =>
  new Map(
    handOvers(context).flatMap(({ passages }) => passages.map((passage) => [passage.id, passage])),
  );

/** Throws TOOL_FAILED when tables hold more rows together than a file of this kind may show. */
export const limitRows = (tables: readonly ResultTable[], limit: number, kind: string): void => {
  const rows = tables.reduce((sum, table) => sum + table.rows.length, 0);
  if (rows <= limit) return;
  const largest = tables.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  throw refusal(
    `the ${kind} would hold ${rows} rows; at most ${limit} are allowed`,
    `Leave out or aggregate ${largest.id}, which has ${largest.rows.length}.`,
  );
};
