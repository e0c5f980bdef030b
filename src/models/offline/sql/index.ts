// SQL for metric queries. The verifier computes the same figures in its own way; nothing is shared.
import type { MetricQuery, TableProfile } from "../../../protocol/index.ts";
import { aggregateQuerySql } from "./aggregate.ts";
import { anomalyQuerySql } from "./anomalies.ts";
import type { Arithmetic } from "./expression.ts";

export type { Arithmetic } from "./expression.ts";

/** One SELECT whose rows and columns are those of protocol/query.ts. Throws a RangeError on an unknown table. */
export const querySql = (
  query: MetricQuery,
  tables: readonly TableProfile[],
  arithmetic: Arithmetic = "exact",
): string =>
  query.kind === "aggregate"
    ? aggregateQuerySql(query, tables, arithmetic)
    : anomalyQuerySql(query, tables, arithmetic);
