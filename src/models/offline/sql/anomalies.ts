// An anomaly query as one SELECT: medians and median deviations of the history, scores of the period.
import type { AnomalyQuery, Period, TableProfile } from "../../../protocol/index.ts";
import { aggregateSql, bucketSql, quoted, whereSql, type Arithmetic } from "./expression.ts";

/** The SELECT of an anomaly query. Throws a RangeError when its table is not loaded. */
export const anomalyQuerySql = (
  query: AnomalyQuery,
  tables: readonly TableProfile[],
  arithmetic: Arithmetic,
): string => {
  const table = tables.find(({ name }) => name === query.table);
  if (table === undefined) throw new RangeError(`there is no table ${query.table}`);
  const prefix = tables.some(({ name }) => name.startsWith("q_")) ? "query_part_" : "q_";
  const [history, present, usual, spread, scored] = [
    "history",
    "present",
    "usual",
    "spread",
    "scored",
  ].map((name) => quoted(`${prefix}${name}`));
  const dimensions = query.dimensions.map(quoted);
  const bucket = quoted(query.grain.unit);
  const group = [...dimensions, bucket].map((_, at) => at + 1).join(", ");
  const value = `CAST(${aggregateSql(query.measure, table, arithmetic)} AS DOUBLE)`;
  const buckets = (period: Period): string =>
    `SELECT ${[...dimensions, `${bucketSql(query.grain)} AS ${bucket}`, `${value} AS "q_value"`].join(", ")}
  FROM ${quoted(query.table)}${whereSql(period, query.filters)}
  GROUP BY ${group}`;
  const same = (left: string | undefined, right: string | undefined): string =>
    dimensions.length === 0
      ? "TRUE"
      : dimensions
          .map((name) => `${left ?? ""}.${name} IS NOT DISTINCT FROM ${right ?? ""}.${name}`)
          .join(" AND ");
  const listed = (from: string | undefined): string =>
    dimensions.map((name) => `${from ?? ""}.${name}, `).join("");
  const grouped = (from: string | undefined): string =>
    dimensions.length === 0
      ? ""
      : `\n  GROUP BY ${dimensions.map((name) => `${from ?? ""}.${name}`).join(", ")}`;
  const past = { column: query.period.column, from: query.historyFrom, to: query.period.from };
  const shown = aggregateValue(query);
  return `WITH ${history} AS (
  ${buckets(past)}
), ${present} AS (
  ${buckets(query.period)}
), ${usual} AS (
  SELECT ${listed(history)}MEDIAN("q_value") AS "q_expected"
  FROM ${history}${grouped(history)}
  HAVING COUNT("q_value") >= ${query.minHistory}
), ${spread} AS (
  SELECT ${listed(usual)}ANY_VALUE(${usual}."q_expected") AS "q_expected",
    MEDIAN(ABS(${history}."q_value" - ${usual}."q_expected")) AS "q_middle",
    AVG(ABS(${history}."q_value" - ${usual}."q_expected")) AS "q_mean"
  FROM ${usual} JOIN ${history} ON ${same(usual, history)}${grouped(usual)}
), ${scored} AS (
  SELECT ${listed(present)}${present}.${bucket}, ${present}."q_value", ${spread}."q_expected",
    CASE
      WHEN "q_middle" <> 0 THEN ("q_value" - "q_expected") / (1.4826::DOUBLE * "q_middle")
      WHEN "q_mean" <> 0 THEN ("q_value" - "q_expected") / (1.2533::DOUBLE * "q_mean")
      ELSE 999 * SIGN("q_value" - "q_expected")
    END AS "q_score"
  FROM ${present} JOIN ${spread} ON ${same(present, spread)}
  WHERE "q_value" IS NOT NULL
)
SELECT ${dimensions.map((name) => `${name}, `).join("")}${bucket},
  ${shown} AS ${quoted(query.measure.as)},
  "q_expected" AS "expected",
  "q_value" - "q_expected" AS "deviation",
  ("q_value" - "q_expected") / NULLIF(ABS("q_expected"), 0) AS "deviation_pct",
  ROUND("q_score", 2) AS "score"
FROM ${scored}
WHERE ABS("q_score") > ${query.threshold}
ORDER BY ABS(ROUND("q_score", 2)) DESC, ${[bucket, ...dimensions].map((name) => `${name} ASC NULLS LAST`).join(", ")}`;
};

/** Counts are whole numbers again. */
const aggregateValue = ({ measure }: AnomalyQuery): string =>
  measure.aggregate === "count" ? `CAST("q_value" AS BIGINT)` : `"q_value"`;
