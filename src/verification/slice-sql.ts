// The same slices by SQL of the verifier's own making, for sources too large to walk row by row.
import type { TableSession } from "../ports/index.ts";
import type { Cell, Filter, RowExpression } from "../protocol/index.ts";
import { type Group, labelKey, type RowMeasure, type Slice, type SliceSpec } from "./slice.ts";

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (value: Cell): string =>
  value === null
    ? "NULL"
    : typeof value === "string"
      ? `'${value.replaceAll("'", "''")}'`
      : String(value);

const expression = (of: RowExpression | undefined, flags: ReadonlySet<string>): string => {
  if (of === undefined) return "1";
  const number = (column: string) =>
    flags.has(column) ? `CAST(${quoted(column)} AS INTEGER)` : quoted(column);
  if ("column" in of) return number(of.column);
  const sign = { multiply: "*", add: "+", subtract: "-" }[of.op];
  return `(${number(of.left)} ${sign} ${number(of.right)})`;
};

// DuckDB rounds the median of decimals to their scale: 2.35 would become 2.4.
const aggregate = (name: RowMeasure["aggregate"], of: string): string =>
  name === "count_distinct"
    ? `count(DISTINCT ${of})`
    : name === "median"
      ? `median(CAST(${of} AS DOUBLE))`
      : `${name}(${of})`;

const condition = ({ column, op, value }: Filter): string => {
  const name = quoted(column);
  if (Array.isArray(value)) {
    const among = value.map((each) => `${name} IS NOT DISTINCT FROM ${literal(each)}`).join(" OR ");
    return op === "!=" ? `(${name} IS NOT NULL AND NOT (${among}))` : `(${among})`;
  }
  if (value === null) return op === "!=" ? `${name} IS NOT NULL` : `${name} IS NULL`;
  return `${name} ${op === "in" ? "=" : op} ${literal(value)}`;
};

/** One SELECT that yields labels, then each measure and how many values it had. `flags`: boolean columns. */
export const sliceSql = (spec: SliceSpec, flags: ReadonlySet<string> = new Set()): string => {
  const { grain, period } = spec;
  const labels = spec.dimensions.map(quoted);
  if (grain !== undefined)
    labels.push(`CAST(date_trunc('${grain.unit}', ${quoted(grain.column)}) AS DATE)`);
  const figures = spec.measures.flatMap((measure) => [
    aggregate(measure.aggregate, expression(measure.of, flags)),
    `count(${expression(measure.of, flags)})`,
  ]);
  const conditions = spec.filters.map(condition);
  if (period !== undefined) {
    const time = quoted(period.column);
    conditions.push(`${time} >= DATE '${period.from}' AND ${time} < DATE '${period.to}'`);
  }
  const selected = [...labels, ...figures].map((item, at) => `${item} AS c${at}`);
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const groups =
    labels.length === 0
      ? " HAVING count(*) > 0"
      : ` GROUP BY ${labels.map((_, at) => at + 1).join(", ")}`;
  return `SELECT ${selected.join(", ")} FROM ${quoted(spec.table)}${where}${groups}`;
};

const MOST_GROUPS = 1_000_000;

/** Throws what the session throws. */
export const querySlice = async (
  session: TableSession,
  spec: SliceSpec,
  signal?: AbortSignal,
): Promise<Slice> => {
  const limits = { maxRows: MOST_GROUPS, maxBytes: 2 ** 30, seconds: 600 };
  const profile = session.profiles.find(({ name }) => name === spec.table);
  const booleans = (profile?.columns ?? []).filter(({ type }) => type === "boolean");
  const { rows } = await session.query(
    sliceSql(spec, new Set(booleans.map(({ name }) => name))),
    signal === undefined ? limits : { ...limits, signal },
  );
  const width = spec.dimensions.length + (spec.grain === undefined ? 0 : 1);
  return new Map(
    rows.map((row): [string, Group] => {
      const labels = row.slice(0, width).map((cell) => cell ?? null);
      const values = spec.measures.map(({ aggregate: name }, at) => {
        const [value, count] = [row[width + 2 * at] ?? null, row[width + 2 * at + 1]];
        return name === "sum" && Number(count) === 0 ? undefined : value;
      });
      return [labelKey(labels), { labels, values }];
    }),
  );
};
