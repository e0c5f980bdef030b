// When something is wrong at the end: which step first went wrong, and where a figure comes from.
import {
  type Cell,
  type CellRef,
  FIGURE_TOKEN,
  type Finding,
  findCell,
  formatCell,
  type HandOver,
  type ResultTable,
  type Task,
  type Verdict,
} from "../protocol/index.ts";

/** One task as it stands: its last hand-over and what the checks said of it. */
export interface LineageStep {
  readonly task: Pick<Task, "id" | "title" | "dependsOn">;
  readonly handOver?: HandOver | undefined;
  readonly verdict?: Verdict | undefined;
}

export interface Lineage {
  /** The earliest task whose checks failed although all it built on was verified. */
  readonly firstWrong?: {
    readonly taskId: string;
    readonly title: string;
    readonly findings: readonly Finding[];
  };
  /** Every task whose own checks failed, in the order of the dependencies. */
  readonly wrong: readonly string[];
  /** Tasks that depend on a wrong one, directly or not. */
  readonly affected: readonly string[];
  /** Tasks that could not be judged: no hand-over or no verdict. */
  readonly open: readonly string[];
}

/** Dependencies first; tasks of a cycle keep the order they came in. */
const inOrder = (steps: readonly LineageStep[]): LineageStep[] => {
  const byId = new Map(steps.map((step) => [step.task.id, step]));
  const ordered = new Set<LineageStep>();
  const visiting = new Set<LineageStep>();
  const visit = (step: LineageStep): void => {
    if (ordered.has(step) || visiting.has(step)) return;
    visiting.add(step);
    for (const id of step.task.dependsOn) {
      const before = byId.get(id);
      if (before !== undefined) visit(before);
    }
    ordered.add(step);
  };
  for (const step of steps) visit(step);
  return [...ordered];
};

/** Where it first went wrong, what else did, and what that touches. */
export const lineageOf = (steps: readonly LineageStep[]): Lineage => {
  const wrong = new Set<string>();
  const affected = new Set<string>();
  const open: string[] = [];
  let firstWrong: Lineage["firstWrong"];
  for (const { task, verdict, handOver } of inOrder(steps)) {
    const tainted = task.dependsOn.some((id) => wrong.has(id) || affected.has(id));
    if (tainted) affected.add(task.id);
    if (verdict === undefined || handOver === undefined) open.push(task.id);
    if (verdict === undefined || verdict.ok) continue;
    wrong.add(task.id);
    const findings = verdict.findings.filter(({ severity }) => severity === "error");
    if (!tainted) firstWrong ??= { taskId: task.id, title: task.title, findings };
  }
  return {
    wrong: [...wrong],
    affected: [...affected],
    open,
    ...(firstWrong === undefined ? {} : { firstWrong }),
  };
};

/** A figure's way back: cell, table, SQL, source files. */
export interface FigureTrace {
  readonly taskId: string;
  readonly cell: CellRef & { readonly value: Cell; readonly text: string };
  /** What names the row: label columns and their cells. */
  readonly row: readonly { readonly column: string; readonly value: Cell }[];
  readonly table: Pick<ResultTable, "id" | "title" | "sql" | "query">;
  readonly sources: ResultTable["sources"];
}

const refOf = (figure: CellRef | string): CellRef | undefined => {
  if (typeof figure !== "string") return figure;
  const [match] = [...figure.matchAll(FIGURE_TOKEN)];
  if (match === undefined) return undefined;
  const [, table = "", row = "", column = ""] = match;
  return { table, row: Number(row), column };
};

/** Traces a cell or a token `{{table.row.column}}`; undefined when no hand-over has the cell. */
export const traceFigure = (
  figure: CellRef | string,
  handOvers: Readonly<Record<string, HandOver>>,
): FigureTrace | undefined => {
  const ref = refOf(figure);
  if (ref === undefined) return undefined;
  for (const [taskId, { tables }] of Object.entries(handOvers)) {
    const table = tables.find(({ id }) => id === ref.table);
    const found = findCell(ref, tables);
    if (table === undefined || "reason" in found) continue;
    return {
      taskId,
      cell: { ...ref, value: found.value, text: formatCell(found.value, found.column) },
      row: table.columns.flatMap((column, at) =>
        column.role === "label"
          ? [{ column: column.name, value: table.rows[ref.row]?.[at] ?? null }]
          : [],
      ),
      table: {
        id: table.id,
        title: table.title,
        sql: table.sql,
        ...(table.query === undefined ? {} : { query: table.query }),
      },
      sources: table.sources,
    };
  }
  return undefined;
};
