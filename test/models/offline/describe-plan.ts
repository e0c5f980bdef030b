// A plan in a few words a task, so that an expected plan fits on a line each.
import type { Measure, MetricQuery, Plan, RowExpression } from "../../../src/protocol/index.ts";

const expression = (of: RowExpression | undefined): string =>
  of === undefined ? "*" : "column" in of ? of.column : `${of.left} ${of.op} ${of.right}`;

const measure = (m: Measure): string =>
  "ratio" in m
    ? `${m.ratio[0]}/${m.ratio[1]}`
    : "difference" in m
      ? `${m.difference[0]}-${m.difference[1]}`
      : `${m.aggregate}(${expression(m.of)})`;

const range = ({ from, to }: { from: string; to: string }): string => `${from}..${to}`;

export const describeQuery = (query: MetricQuery): string => {
  const by = query.dimensions.length === 0 ? [] : [`by ${query.dimensions.join(", ")}`];
  const period = query.period === undefined ? [] : [range(query.period)];
  const filters = query.filters.map(
    ({ column, op, value }) =>
      `where ${column} ${op} ${Array.isArray(value) ? value.join("|") : String(value)}`,
  );
  if (query.kind === "anomalies") {
    return [
      "anomalies of",
      measure(query.measure),
      ...by,
      `each ${query.grain.unit}`,
      ...period,
      `since ${query.historyFrom}`,
      ...filters,
    ].join(" ");
  }
  const grain =
    query.grain === undefined ? [] : [`each ${query.grain.unit} of ${query.grain.column}`];
  const against = query.comparisons.map((c) =>
    c.kind === "period"
      ? `vs ${c.label} ${range(c)}`
      : `vs ${c.table} ${Object.values(c.measures).join("+")}${c.time === undefined ? "" : ` ${range(c.time)}`}`,
  );
  const order =
    query.orderBy === undefined ? [] : [`order ${query.orderBy.column} ${query.orderBy.direction}`];
  const limit = query.limit === undefined ? [] : [`limit ${query.limit}`];
  return [
    query.measures.map(measure).join(" + "),
    ...by,
    ...grain,
    ...period,
    ...filters,
    ...against,
    ...order,
    ...limit,
  ].join(" ");
};

/** Id of each task that computes figures, with its query. */
export const describePlan = (plan: Plan): Record<string, string> =>
  Object.fromEntries(
    plan.tasks.flatMap(({ id, query }) =>
      query === undefined ? [] : [[id, describeQuery(query)]],
    ),
  );
