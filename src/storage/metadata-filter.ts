// Filters over metadata, as SQL. Containment means what PostgreSQL's `@>` means, on both databases; on
// SQLite it is spelled out with json_each, which takes keys as they are, whatever they hold.
import { type RawBuilder, sql } from "kysely";
import { TuttiError } from "../errors.ts";
import type { Json, JsonObject, MetadataFilter } from "./records.ts";
import type { Sql } from "./sql.ts";
import { toStoredJson } from "./stored-text.ts";

type Condition = RawBuilder<boolean>;

// Deeper or larger than any real filter, and small enough for the parsers of both databases.
const MAX_DEPTH = 24;
const MAX_PARTS = 400;

const invalid = (message: string): TuttiError =>
  new TuttiError("REQUEST_INVALID", message, {
    hint: "a filter is {key: value}, {key: {$eq}}, {key: {$contains}}, {$or: […]} or {$and: […]}",
  });

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const measure = (value: Json, depth = 0): number => {
  if (depth > MAX_DEPTH) throw invalid("the filter is nested too deeply");
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + measure(part, depth + 1), 1);
};

const every = (conditions: readonly Condition[]): Condition =>
  conditions.length === 0
    ? sql<boolean>`1 = 1`
    : sql<boolean>`(${sql.join(conditions, sql` AND `)})`;
const some = (conditions: readonly Condition[]): Condition =>
  conditions.length === 0
    ? sql<boolean>`1 = 0`
    : sql<boolean>`(${sql.join(conditions, sql` OR `)})`;

/** SQLite: the entry `alias` of a json_each has, or (`exactly`) is, this value. */
const entryIs = (alias: string, value: Json, exactly: boolean): Condition => {
  const entry = sql.raw(alias);
  if (value === null) return sql<boolean>`${entry}.type = 'null'`;
  if (typeof value === "boolean")
    return value ? sql<boolean>`${entry}.type = 'true'` : sql<boolean>`${entry}.type = 'false'`;
  if (typeof value === "string")
    return sql<boolean>`(${entry}.type = 'text' AND ${entry}.atom = ${value})`;
  if (typeof value === "number")
    return sql<boolean>`(${entry}.type IN ('integer', 'real') AND ${entry}.atom = ${value})`;
  const type = Array.isArray(value) ? "array" : "object";
  // Only what is of this type is opened: the text of a string is no JSON.
  const inner = sql`CASE WHEN ${entry}.type = '${sql.raw(type)}' THEN ${entry}.value ELSE '${sql.raw(type === "array" ? "[]" : "{}")}' END`;
  const size = sql<boolean>`(SELECT count(*) FROM json_each(${inner})) = ${Object.keys(value).length}`;
  return every([
    sql<boolean>`${entry}.type = '${sql.raw(type)}'`,
    ...(exactly ? [size] : []),
    ...holds(inner, value, `${alias}_`, exactly),
  ]);
};

/** SQLite: one condition for each part of a composite value. */
const holds = (
  document: RawBuilder<unknown>,
  value: JsonObject | readonly Json[],
  alias: string,
  exactly: boolean,
): Condition[] =>
  Object.entries(value).map(([key, part]) => {
    const place = !Array.isArray(value)
      ? sql`${sql.raw(alias)}.key = ${key} AND `
      : exactly
        ? sql`${sql.raw(alias)}.key = ${Number(key)} AND `
        : sql``;
    return sql<boolean>`EXISTS (SELECT 1 FROM json_each(${document}) AS ${sql.raw(alias)} WHERE ${place}${entryIs(alias, part, exactly)})`;
  });

/** Whether the JSON object in a column contains another. */
export const containsJson = (
  { dialect }: Sql,
  column: RawBuilder<unknown>,
  part: JsonObject,
): Condition => {
  if (measure(part) > MAX_PARTS) throw invalid("the filter is too large");
  if (Object.keys(part).length === 0) return every([]);
  return dialect === "postgres"
    ? sql<boolean>`${column} @> ${toStoredJson(part)}::jsonb`
    : every(holds(column, part, "e", false));
};

const equalsJson = ({ dialect }: Sql, column: RawBuilder<unknown>, key: string, value: Json) =>
  dialect === "postgres"
    ? sql<boolean>`${column} -> ${key}::text = ${toStoredJson(value)}::jsonb`
    : every(holds(column, { [key]: value }, "e", true));

const OPERATORS = new Set(["$eq", "$contains"]);

const compare = (using: Sql, column: RawBuilder<unknown>, key: string, value: Json): Condition => {
  const operators = isObject(value)
    ? Object.keys(value).filter((name) => name.startsWith("$"))
    : [];
  if (!isObject(value) || operators.length === 0)
    return containsJson(using, column, { [key]: value });
  const unknown = Object.keys(value).find((name) => !OPERATORS.has(name));
  if (unknown !== undefined) throw invalid(`a filter has no operator ${unknown}`);
  return every([
    ...("$eq" in value ? [equalsJson(using, column, key, value["$eq"])] : []),
    ...("$contains" in value
      ? [containsJson(using, column, { [key]: listOf(value["$contains"]) })]
      : []),
  ]);
};

const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : [value]);

const filtersIn = (value: Json, name: string): MetadataFilter[] => {
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw invalid(`${name} takes a list of filters`);
};

/** The filters of auth handlers. What is not understood is refused, never passed over. */
export const matchesFilter = (
  using: Sql,
  column: RawBuilder<unknown>,
  filter: MetadataFilter,
): Condition => {
  if (measure(filter) > MAX_PARTS) throw invalid("the filter is too large");
  return every(
    Object.entries(filter).map(([key, value]) => {
      if (key === "$and" || key === "$or") {
        const parts = filtersIn(value, key).map((part) => matchesFilter(using, column, part));
        return key === "$and" ? every(parts) : some(parts);
      }
      if (key.startsWith("$")) throw invalid(`a filter has no operator ${key}`);
      return compare(using, column, key, value);
    }),
  );
};

/** Metadata as it may be stored: deeper than this, one row would fail the queries of others. */
export const checkedMetadata = (metadata: JsonObject): JsonObject => {
  const pending: [Json, number][] = [[metadata, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, depth] = next;
    if (depth > 100)
      throw new TuttiError("REQUEST_INVALID", "the metadata are nested more than 100 deep", {
        hint: "keep metadata flat; large data belong into the state or the store",
      });
    if (typeof value === "object" && value !== null)
      for (const part of Object.values(value)) pending.push([part, depth + 1]);
  }
  return metadata;
};
