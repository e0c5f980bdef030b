// Which tables a file was asked to show: what the calls that made it were given.
import type { TaskContext } from "../ports/index.ts";
import { DocumentArgs, type HandOver, type ResultTable, WorkbookArgs } from "../protocol/index.ts";

const allTables = ({ inputs }: TaskContext): ResultTable[] =>
  Object.values(inputs).flatMap(({ tables }) => tables);

const byIds = (ids: readonly string[], context: TaskContext): ResultTable[] =>
  allTables(context).filter(({ id }) => ids.includes(id));

/** The last successful call of a tool, when its arguments are what that tool takes. */
const lastArgs = (handOver: HandOver, tool: string): unknown =>
  handOver.evidence.findLast((call) => call.tool === tool && call.ok)?.args;

/** Sheet name and table of a workbook, by its call; undefined when no call says. */
export const workbookSheets = (
  handOver: HandOver,
  context: TaskContext,
): { sheet: string; table: ResultTable }[] | undefined => {
  const parsed = WorkbookArgs.safeParse(lastArgs(handOver, "workbook"));
  if (!parsed.success) return undefined;
  return parsed.data.sheets.flatMap(({ name, tableId }) =>
    byIds([tableId], context).map((table) => ({ sheet: name, table })),
  );
};

/** Tables that a PDF or a dashboard has to show; undefined when no call says. */
export const documentTables = (
  handOver: HandOver,
  tool: "pdf" | "dashboard",
  context: TaskContext,
): ResultTable[] | undefined => {
  const parsed = DocumentArgs.safeParse(lastArgs(handOver, tool));
  return parsed.success
    ? byIds(
        parsed.data.report.sections.flatMap(({ tables }) => tables),
        context,
      )
    : undefined;
};
