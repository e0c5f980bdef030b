// Figures against the source: computed anew from the task's query, and the SQL run again.
import { asTuttiError } from "../errors.ts";
import type { TableSession, TaskContext } from "../ports/index.ts";
import type { Finding, HandOver, MetricQuery, ResultTable } from "../protocol/index.ts";
import { answersQuery } from "./check-table-shape.ts";
import { compareRows, type Comparison, isSame, judgeComparison } from "./compare-rows.ts";
import { computeQuery, type ComputeOptions } from "./compute-query.ts";
import type { ExpectedTable } from "./expected-table.ts";
import { findingsOf } from "./finding.ts";
import { reconcileTotals } from "./parts-and-total.ts";
import { rerunSql } from "./rerun-sql.ts";
import { validateQuery } from "./validate-query.ts";
import { findWrongPeriod } from "./wrong-period.ts";

const finding = findingsOf("recompute");

export interface Recomputed {
  readonly findings: Finding[];
  /** How it was done, for the verdict's list of checks. */
  readonly checks: string[];
}

interface Judged {
  readonly expected: ExpectedTable;
  readonly comparison: Comparison;
}

const differences = ({ comparison: { mismatches, extra, missing } }: Judged): number =>
  mismatches.length + extra.length + missing.length;

/** The reading of the protocol under which the table is least wrong. */
const best = (table: ResultTable, answers: readonly ExpectedTable[]): Judged | undefined =>
  answers
    .map((expected) => ({ expected, comparison: compareRows(table, expected) }))
    .sort((left, right) => differences(left) - differences(right))[0];

const recompute = async (
  table: ResultTable,
  query: MetricQuery,
  session: TableSession,
  options: ComputeOptions,
): Promise<Recomputed> => {
  const { tables, method } = await computeQuery(query, session, options);
  const checks = [
    method === "rows"
      ? "recompute"
      : "recompute (by SQL of the verifier's own: more rows than it walks)",
  ];
  const judged = best(table, tables);
  if (judged === undefined) return { findings: [], checks };
  const findings = judgeComparison(table, judged.expected, judged.comparison);
  // Other periods are looked for row by row only: a guess is not worth walking millions of rows.
  if (isSame(judged.comparison) || method === "sql") return { findings, checks };
  const period = await findWrongPeriod(table, query, judged.comparison, session, options);
  return { findings: [...period, ...findings], checks };
};

/** The task's query is the authority; a table that names its own is held to that one. */
const queryFor = (table: ResultTable, context: TaskContext): MetricQuery | undefined =>
  answersQuery(table, context) ? context.task.query : table.query;

const checkTable = async (
  table: ResultTable,
  session: TableSession,
  context: TaskContext,
  options: ComputeOptions,
): Promise<Recomputed> => {
  const query = queryFor(table, context);
  const checks: string[] = [];
  if (query !== undefined) {
    const impossible = validateQuery(query, session.profiles, context.task.id);
    if (impossible.length > 0) {
      return {
        findings: impossible.map((each) => ({ ...each, check: "recompute" })),
        checks: ["recompute"],
      };
    }
    const computed = await recompute(table, query, session, options);
    checks.push(...computed.checks);
    if (computed.findings.length > 0) return { findings: computed.findings, checks };
  }
  const findings = [
    ...(await rerunSql(table, session, context.signal)),
    ...reconcileTotals(table, query, context.inputs),
  ];
  return { findings, checks: [...checks, "sql again"] };
};

/** Throws TuttiError when the sources cannot be read. */
export const checkRecompute = async (
  handOver: HandOver,
  context: TaskContext,
  session: TableSession,
  options: Omit<ComputeOptions, "signal"> = {},
): Promise<Recomputed> => {
  const { query } = context.task;
  const findings: Finding[] = [];
  const checks = new Set<string>();
  if (query !== undefined && !handOver.tables.some((table) => answersQuery(table, context))) {
    findings.push(
      finding(
        "missing-column",
        `no table has all the columns of the query of task ${context.task.id}`,
        "tables",
      ),
    );
  }
  try {
    for (const table of handOver.tables) {
      const result = await checkTable(table, session, context, {
        ...options,
        signal: context.signal,
      });
      findings.push(...result.findings);
      for (const check of result.checks) checks.add(check);
    }
  } catch (error) {
    throw asTuttiError(error);
  }
  return { findings, checks: [...checks] };
};
