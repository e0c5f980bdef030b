// Fills in what a spec leaves open from the table's columns: data, types, titles, number formats, size.
import {
  currencyOf,
  MISSING,
  type Cell,
  type ResultColumn,
  type ResultTable,
} from "../../protocol/index.ts";
import { isObject, type JsonObject } from "./chart-spec.ts";
import { plainText } from "./plain-text.ts";

const WIDTH = 680;
const HEIGHT = 340;
const MAX_TICKS = 40;
const POSITION = new Set(["x", "y", "x2", "y2"]);
const WITH_AXIS = new Set(["x", "y"]);
const WITH_LEGEND = new Set(["color", "fill", "stroke", "size", "opacity", "shape", "strokeDash"]);

const isTime = ({ format, type }: ResultColumn): boolean =>
  format === "date" || format === "month" || type === "date" || type === "timestamp";

/** A cell as chart data. Dates become local midnight, so that no time zone shifts them to another day. */
const datumOf = (cell: Cell, column: ResultColumn): unknown => {
  if (column.role === "figure" && !isTime(column)) {
    return typeof cell === "string" && /^-?\d+$/.test(cell) ? Number(cell) : cell;
  }
  if (cell === null) return isTime(column) ? null : MISSING;
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (typeof cell === "number") return cell;
  return isTime(column) && /^\d{4}-\d{2}-\d{2}$/.test(cell) ? `${cell}T00:00:00` : plainText(cell);
};

const valuesOf = (table: ResultTable): JsonObject[] =>
  table.rows.map((row) =>
    Object.fromEntries(
      table.columns.map((column, index) => [column.name, datumOf(row[index] ?? null, column)]),
    ),
  );

const COMPACT = (value: string): string =>
  `replace(format(abs(${value}), abs(${value}) >= 10000 ? '.4~s' : ',.6~r'), 'G', 'B')`;

/** Vega expression that writes an axis or legend value in the column's format. */
const labelExpression = (column: ResultColumn): string => {
  if (column.format === "percent") return "format(datum.value, '~%')";
  const currency = currencyOf(column);
  const sign = { EUR: "€", USD: "$", GBP: "£", JPY: "¥" }[currency ?? ""] ?? "";
  return `(datum.value < 0 ? '-' : '') + '${sign}' + ${COMPACT("datum.value")}`;
};

const titleOf = (column: ResultColumn): string => {
  const unit = column.format === "percent" ? undefined : column.unit;
  const shown = ["EUR", "USD", "GBP", "JPY"].includes(currencyOf(column) ?? "") ? undefined : unit;
  const label = plainText(column.label);
  return shown === undefined || label.includes(shown) ? label : `${label} (${plainText(shown)})`;
};

interface Reading {
  readonly columns: ReadonlyMap<string, ResultColumn>;
  /** Field made by a fold -> the columns folded. */
  readonly foldedKeys: ReadonlyMap<string, readonly ResultColumn[]>;
  readonly rows: readonly JsonObject[];
}

const guide = (channel: string): "axis" | "legend" | undefined =>
  WITH_AXIS.has(channel) ? "axis" : WITH_LEGEND.has(channel) ? "legend" : undefined;

const withGuide = (channel: string, def: JsonObject, defaults: JsonObject): JsonObject => {
  const name = guide(channel);
  if (name === undefined || def[name] === null) return def;
  const given = isObject(def[name]) ? def[name] : {};
  const open = "format" in given || "labelExpr" in given ? {} : defaults;
  return { ...def, [name]: { ...open, ...given } };
};

/** Ticks where the table has values, so that a quarter's axis does not count months. */
const tickValues = (field: string, rows: readonly JsonObject[]): JsonObject => {
  const days = [...new Set(rows.map((row) => String(row[field])))].filter((day) =>
    /^\d{4}-\d{2}-\d{2}T00:00:00$/.test(day),
  );
  if (days.length === 0 || days.length > MAX_TICKS) return {};
  const dateTime = (day: string): JsonObject => ({
    year: Number(day.slice(0, 4)),
    month: Number(day.slice(5, 7)),
    date: Number(day.slice(8, 10)),
  });
  return { values: days.map(dateTime) };
};

const timeDef = (
  channel: string,
  def: JsonObject,
  column: ResultColumn,
  rows: readonly JsonObject[],
): JsonObject => {
  const discrete = def["type"] === "ordinal" || def["type"] === "nominal";
  const monthly = column.format === "month" || ["month", "quarter"].includes(column.name);
  const unit = column.name === "year" ? "year" : monthly ? "yearmonth" : "yearmonthdate";
  const format = { year: "%Y", yearmonth: "%b %Y", yearmonthdate: "%-d %b %Y" }[unit];
  if (channel === "text" || channel === "tooltip") return { format, ...def };
  const timed = {
    ...def,
    ...(discrete && def["timeUnit"] === undefined ? { timeUnit: unit } : {}),
  };
  const written =
    column.name === "quarter"
      ? { labelExpr: "'Q' + quarter(datum.value) + ' ' + year(datum.value)" }
      : { format };
  const ticks = channel === "x" && !discrete ? tickValues(column.name, rows) : {};
  return withGuide(channel, timed, { ...ticks, ...written });
};

const lookupExpression = (columns: readonly ResultColumn[]): string =>
  columns.reduceRight(
    (rest, { name, label }) =>
      `datum.label == ${JSON.stringify(name)} ? ${JSON.stringify(plainText(label))} : ${rest}`,
    "datum.label",
  );

const slantLabels = (field: string, rows: readonly JsonObject[]): JsonObject => {
  const labels = new Set(rows.map((row) => String(row[field])));
  const longest = Math.min(24, Math.max(0, ...[...labels].map((label) => label.length)));
  return labels.size * longest * 7 > WIDTH - 80 ? { labelAngle: -40 } : { labelAngle: 0 };
};

const figureDef = (channel: string, def: JsonObject, column: ResultColumn): JsonObject => {
  if (channel === "text") {
    const percent = column.format === "percent";
    return { format: percent ? ".1~%" : ".3~s", ...def };
  }
  return withGuide(channel, def, { labelExpr: labelExpression(column) });
};

const completeDef = (channel: string, given: JsonObject, reading: Reading): JsonObject => {
  const field = given["field"];
  if (typeof field !== "string") return given;
  const folded = reading.foldedKeys.get(field);
  const column = reading.columns.get(field) ?? folded?.[0];
  if (column === undefined) return given;
  const isKey =
    folded !== undefined && !reading.columns.has(field) && given["type"] !== "quantitative";
  const quantitative = column.role === "figure" && !isTime(column) && !isKey;
  const type = quantitative ? "quantitative" : isTime(column) && !isKey ? "temporal" : "nominal";
  const def: JsonObject = { type, ...given };
  const counted = def["aggregate"] === "count";
  if (POSITION.has(channel) && !("title" in def) && !counted) {
    // A chart's own title names its categories; only a scale needs to say what it measures.
    def["title"] = quantitative && folded === undefined ? titleOf(column) : null;
  }
  if (def["type"] === "quantitative" && !counted) return figureDef(channel, def, column);
  if (isKey && folded !== undefined) {
    const named = withGuide(
      channel,
      { sort: null, ...def },
      { labelExpr: lookupExpression(folded) },
    );
    return channel === "x" || channel === "y" ? { title: null, ...named } : named;
  }
  if (isTime(column)) return timeDef(channel, def, column, reading.rows);
  const ordered: JsonObject = channel === "order" ? def : { sort: null, ...def };
  return channel === "x" ? withGuide(channel, ordered, slantLabels(field, reading.rows)) : ordered;
};

const completeEncoding = (encoding: JsonObject, reading: Reading): JsonObject =>
  Object.fromEntries(
    Object.entries(encoding).map(([channel, def]) => [
      channel,
      isObject(def)
        ? completeDef(channel, def, reading)
        : Array.isArray(def)
          ? def.map((one) => (isObject(one) ? completeDef(channel, one, reading) : one))
          : def,
    ]),
  );

const completeView = (view: JsonObject, reading: Reading): JsonObject => ({
  ...view,
  ...(isObject(view["encoding"]) ? { encoding: completeEncoding(view["encoding"], reading) } : {}),
  ...(Array.isArray(view["layer"])
    ? { layer: view["layer"].map((layer: JsonObject) => completeView(layer, reading)) }
    : {}),
});

const foldsOf = (
  spec: JsonObject,
  columns: ReadonlyMap<string, ResultColumn>,
): Reading["foldedKeys"] => {
  const found = new Map<string, readonly ResultColumn[]>();
  const views = [spec, ...(Array.isArray(spec["layer"]) ? (spec["layer"] as JsonObject[]) : [])];
  for (const transform of views.flatMap((view) => (view["transform"] ?? []) as JsonObject[])) {
    if (!Array.isArray(transform["fold"])) continue;
    const folded = transform["fold"].flatMap((name) => columns.get(String(name)) ?? []);
    const [key, value] = Array.isArray(transform["as"]) ? transform["as"] : ["key", "value"];
    for (const field of [key, value]) found.set(String(field), folded);
  }
  return found;
};

const distinct = (rows: readonly JsonObject[], field: unknown): string[] => [
  ...new Set(rows.map((row) => String(row[String(field)]))),
];

/** Rows of marks along a discrete y axis need height for each, and slanted labels need it below. */
const heightFor = (spec: JsonObject, { rows, foldedKeys }: Reading): number => {
  const views = [spec, ...(Array.isArray(spec["layer"]) ? (spec["layer"] as JsonObject[]) : [])];
  const channel = (name: string): JsonObject | undefined =>
    views.map((view) => (view["encoding"] as JsonObject | undefined)?.[name]).find(isObject);
  const isDiscrete = (def: JsonObject | undefined): def is JsonObject =>
    def?.["type"] === "nominal" || def?.["type"] === "ordinal";
  const [x, y, offset] = [channel("x"), channel("y"), channel("yOffset")];
  if (!isDiscrete(y)) return HEIGHT;
  const inRow =
    offset === undefined
      ? 1
      : (foldedKeys.get(String(offset["field"]))?.length ?? distinct(rows, offset["field"]).length);
  const perRow = inRow === 1 ? 27 : 10 + 13 * inRow;
  const longest = isDiscrete(x)
    ? Math.max(0, ...distinct(rows, x["field"]).map((label) => label.length))
    : 0;
  const above = 90 + Math.min(longest, 30) * 5;
  return Math.min(1_600, Math.max(180, distinct(rows, y["field"]).length * perRow + above));
};

/** A complete vega-lite spec, with the table's rows as its data. The spec must have passed `refuseSpec`. */
export const completeSpec = (spec: JsonObject, table: ResultTable, title: string): JsonObject => {
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  const rows = valuesOf(table);
  const reading: Reading = { columns, foldedKeys: foldsOf(spec, columns), rows };
  const { $schema: _schema, title: given, ...view } = completeView(spec, reading);
  const faceted = Object.keys(isObject(view["encoding"]) ? view["encoding"] : {}).some((channel) =>
    ["row", "column", "facet"].includes(channel),
  );
  const size = faceted
    ? { width: 260, height: 160 }
    : { width: WIDTH, height: heightFor(view, reading) };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...(faceted ? {} : { autosize: { type: "fit", contains: "padding" } }),
    ...size,
    ...view,
    title: given ?? plainText(title),
    data: { values: rows },
  };
};
