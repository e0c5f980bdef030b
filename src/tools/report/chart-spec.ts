// Decides whether a vega-lite spec may be drawn: an allow-list of what a static chart over one table
// needs. Data, addresses, images and anything interactive or outward-looking are refused.
import type { ResultTable } from "../../protocol/index.ts";
import { refuseExpression } from "./expression.ts";
import { REPORT_LIMITS } from "./limits.ts";

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const TOP_KEYS = new Set(
  "$schema title description name width height mark encoding layer transform resolve".split(" "),
);
const LAYER_KEYS = new Set("title description name mark encoding layer transform".split(" "));
const MARKS = new Set(
  "bar line area point circle square tick rule text rect arc trail boxplot errorbar errorband".split(
    " ",
  ),
);
const TRANSFORMS = new Set(
  (
    "calculate filter aggregate groupby joinaggregate window frame ignorePeers sort as bin timeUnit field " +
    "stack offset fold pivot value op limit impute key keyvals method regression loess on order params " +
    "bandwidth extent quantile probs density cumulative counts steps"
  ).split(" "),
);
const REFUSED_KEYS = new Set(
  (
    "data datasets url href image signal param params select lookup from projection usermeta config " +
    "repeat concat hconcat vconcat facetBy on events __proto__ constructor"
  ).split(" "),
);
const EXPRESSION_KEYS = new Set([
  "calculate",
  "expr",
  "test",
  "labelExpr",
  "filter",
  "and",
  "or",
  "not",
]);
const MAX_DEPTH = 16;
const MAX_SIDE = 2_000;

const quotedList = (names: Iterable<string>): string =>
  [...names].map((n) => `\`${n}\``).join(", ");

const refuseValue = (key: string, value: unknown, depth: number): string | undefined => {
  if (depth > MAX_DEPTH) return "the spec is nested too deeply";
  if (typeof value === "string") {
    if (EXPRESSION_KEYS.has(key)) return refuseExpression(value);
    if (/url\s*\(/i.test(value)) return "an address (`url(…)`) is not allowed";
    if (key === "formatType" && !["number", "time", "utc"].includes(value)) {
      return `formatType \`${value}\` is not allowed`;
    }
    return undefined;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      const reason = refuseValue(key, item, depth + 1);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
  return isObject(value) ? refuseKeys(value, depth) : undefined;
};

const refuseKeys = (value: JsonObject, depth: number): string | undefined => {
  for (const [key, inner] of Object.entries(value)) {
    const isRegression = key === "params" && ("regression" in value || "loess" in value);
    const isLoessOn = key === "on" && ("regression" in value || "loess" in value);
    if (REFUSED_KEYS.has(key) && !isRegression && !isLoessOn) return `\`${key}\` is not allowed`;
    const reason = refuseValue(key, inner, depth + 1);
    if (reason !== undefined) return reason;
  }
  return undefined;
};

const refuseView = (view: JsonObject, keys: Set<string>): string | undefined => {
  for (const key of Object.keys(view)) {
    if (!keys.has(key)) return `\`${key}\` is not allowed; a spec may have ${quotedList(keys)}`;
  }
  const type = isObject(view["mark"]) ? view["mark"]["type"] : view["mark"];
  if (type !== undefined && (typeof type !== "string" || !MARKS.has(type))) {
    return `the mark \`${JSON.stringify(type)}\` is not allowed; use one of ${quotedList(MARKS)}`;
  }
  const transforms = view["transform"] ?? [];
  if (!Array.isArray(transforms) || transforms.length > 20) {
    return "`transform` must be a list of at most 20";
  }
  for (const transform of transforms) {
    const odd = isObject(transform)
      ? Object.keys(transform).find((key) => !TRANSFORMS.has(key))
      : "it";
    if (odd !== undefined) return `\`${odd}\` is not allowed in a transform`;
  }
  const layers = view["layer"] ?? [];
  if (!Array.isArray(layers) || layers.length > 10) return "`layer` must be a list of at most 10";
  for (const layer of layers) {
    const reason = isObject(layer) ? refuseView(layer, LAYER_KEYS) : "a layer must be an object";
    if (reason !== undefined) return reason;
  }
  if (type === undefined && layers.length === 0) return "a `mark` or `layer` is missing";
  return undefined;
};

/** Fields that are read (`field`, `groupby`, `fold`), and names that transforms make (`as`). */
const fieldsOf = (value: unknown, read: Set<string>, made: Set<string>): void => {
  if (Array.isArray(value)) value.forEach((item) => fieldsOf(item, read, made));
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const names = (Array.isArray(inner) ? inner : [inner]).filter((n) => typeof n === "string");
    if (key === "as") names.forEach((name) => made.add(name));
    else if (["field", "groupby", "fold"].includes(key)) names.forEach((name) => read.add(name));
    else fieldsOf(inner, read, made);
  }
  if ("fold" in value && !("as" in value)) ["key", "value"].forEach((name) => made.add(name));
  if ("density" in value && !("as" in value)) ["value", "density"].forEach((n) => made.add(n));
  if ("quantile" in value && !("as" in value)) ["prob", "value"].forEach((name) => made.add(name));
  if (isObject(value))
    for (const inner of [value["field"], value["sort"]]) fieldsOf(inner, read, made);
};

const refuseFields = (spec: JsonObject, table: ResultTable): string | undefined => {
  if (JSON.stringify(spec).includes('"pivot":')) return undefined; // its fields are values of the data
  const read = new Set<string>();
  const made = new Set(table.columns.map(({ name }) => name));
  fieldsOf(spec, read, made);
  const unknown = [...read].find((name) => !made.has(name));
  return unknown === undefined
    ? undefined
    : `table ${table.id} has no column \`${unknown}\`; it has ${quotedList(table.columns.map(({ name }) => name))}`;
};

/** Why a spec may not be drawn over a table, or undefined when it may. */
export const refuseSpec = (spec: JsonObject, table: ResultTable): string | undefined => {
  if (JSON.stringify(spec).length > REPORT_LIMITS.specChars) {
    return `the spec is longer than ${REPORT_LIMITS.specChars} characters`;
  }
  for (const side of ["width", "height"]) {
    const size = spec[side] ?? 1;
    if (typeof size !== "number" || !(size > 0 && size <= MAX_SIDE)) {
      return `\`${side}\` must be a number of at most ${MAX_SIDE}, or left out`;
    }
  }
  const { $schema: _schema, ...rest } = spec;
  return refuseView(spec, TOP_KEYS) ?? refuseKeys(rest, 0) ?? refuseFields(spec, table);
};
