// The hand-over's own SQL, run again on the run's sources: it must give the same rows.
import { TuttiError } from "../errors.ts";
import type { QueryResult, TableSession } from "../ports/index.ts";
import type { Finding, ResultTable } from "../protocol/index.ts";
import { compareRows, isSame, judgeComparison } from "./compare-rows.ts";
import type { ExpectedTable } from "./expected-table.ts";
import { findingsOf } from "./finding.ts";
import { labelKey } from "./slice.ts";

const finding = findingsOf("recompute");

const runAgain = async (
  table: ResultTable,
  session: TableSession,
  signal: AbortSignal | undefined,
): Promise<QueryResult | Finding> => {
  const limits = { maxRows: table.rows.length + 1000, maxBytes: 2 ** 28 };
  try {
    return await session.query(table.sql, signal === undefined ? limits : { ...limits, signal });
  } catch (error) {
    if (!(error instanceof TuttiError) || error.code !== "TABLE_QUERY") throw error;
    return finding(
      "not-reproducible",
      `the SQL of table ${table.id} fails: ${error.message}`,
      `tables/${table.id}/sql`,
    );
  }
};

/** Columns by name, else by position when there are as many. */
const positionsOf = (table: ResultTable, result: QueryResult): number[] | undefined => {
  const byName = table.columns.map(({ name }) =>
    result.columns.findIndex((column) => column.name === name),
  );
  if (byName.every((at) => at >= 0)) return byName;
  return result.columns.length === table.columns.length ? [...table.columns.keys()] : undefined;
};

const expectedOf = (
  table: ResultTable,
  result: QueryResult,
  positions: readonly number[],
): ExpectedTable => {
  const rows = result.rows.map((row) => positions.map((at) => row[at] ?? null));
  const isLabel = table.columns.map(({ role }) => role === "label");
  const labelsOf = (row: (typeof rows)[number]) => row.filter((_, at) => isLabel[at]);
  const unique = new Set(rows.map((row) => labelKey(labelsOf(row)))).size === rows.length;
  // Rows that their labels do not tell apart are compared whole.
  const kind = (at: number) =>
    isLabel[at] === true || !unique ? ("label" as const) : ("figure" as const);
  const order = [...table.columns.keys()].sort(
    (left, right) => Number(kind(left) === "figure") - Number(kind(right) === "figure"),
  );
  const columns = order.map((at) => {
    const { name, format, unit, type } = table.columns[at] ?? {
      name: "",
      format: "text",
      type: "text",
    };
    return { name, kind: kind(at), format, unit, exact: type === "integer" };
  });
  const labels = columns.filter((column) => column.kind === "label").length;
  return {
    columns,
    rows: rows.map((row) => {
      const cells = order.map((at) => row[at] ?? null);
      return { labels: cells.slice(0, labels), cells };
    }),
  };
};

/** Empty when the SQL gives the table's rows, in any order. Throws what is no fault of the SQL. */
export const rerunSql = async (
  table: ResultTable,
  session: TableSession,
  signal: AbortSignal | undefined,
): Promise<Finding[]> => {
  const result = await runAgain(table, session, signal);
  if ("code" in result) return [result];
  const positions = positionsOf(table, result);
  const where = `tables/${table.id}/sql`;
  if (positions === undefined) {
    const names = result.columns.map(({ name }) => name).join(", ");
    return [
      finding("not-reproducible", `the SQL of table ${table.id} gives the columns ${names}`, where),
    ];
  }
  const expected = expectedOf(table, result, positions);
  const comparison = compareRows(table, expected);
  if (isSame(comparison)) return [];
  const findings = judgeComparison(table, expected, comparison);
  const count = comparison.mismatches.length + comparison.extra.length + comparison.missing.length;
  return [
    finding(
      "not-reproducible",
      `the SQL of table ${table.id}, run again, gives other rows: ${count} differences, ${result.rows.length} rows instead of ${table.rows.length}`,
      where,
    ),
    ...findings.filter(({ code, message }) => !(code === "schema" && message.includes("order"))),
  ];
};
