// The columns of a metric query's result, with what readers see: headings, formats, units.
import type {
  CellFormat,
  Measure,
  MetricQuery,
  ResultColumn,
  TableProfile,
} from "../../protocol/index.ts";
import { capitalised } from "./words.ts";

export type SubmittedColumn = Omit<ResultColumn, "type">;

const words = (name: string): string => capitalised(name.replaceAll("_", " ").trim());

const measureLabel = ({ as }: Pick<Measure, "as">): string => {
  const readable = as
    .replace(/^avg_/, "average_")
    .replace(/^min_/, "lowest_")
    .replace(/^max_/, "highest_")
    .replace(/_pct$/, "_%");
  return words(readable);
};

const labelColumn = (name: string, format: CellFormat = "text"): SubmittedColumn => ({
  name,
  label: words(name),
  role: "label",
  format,
});

const dimensionColumns = (
  dimensions: readonly string[],
  table: TableProfile | undefined,
): SubmittedColumn[] =>
  dimensions.map((name) => {
    const type = table?.columns.find((column) => column.name === name)?.type;
    return labelColumn(name, type === "date" || type === "timestamp" ? "date" : "text");
  });

const bucketColumn = (unit: string): SubmittedColumn =>
  labelColumn(unit, unit === "month" ? "month" : "date");

const figure = (
  name: string,
  label: string,
  format: CellFormat,
  unit?: string,
): SubmittedColumn => ({
  name,
  label,
  role: "figure",
  format,
  ...(unit === undefined ? {} : { unit }),
});

const measureColumn = (measure: Measure): SubmittedColumn =>
  figure(measure.as, measureLabel(measure), measure.format, measure.unit);

/** The columns in the order that protocol/query.ts lays down. */
export const resultColumns = (
  query: MetricQuery,
  tables: readonly TableProfile[],
): SubmittedColumn[] => {
  const table = tables.find(({ name }) => name === query.table);
  const dimensions = dimensionColumns(query.dimensions, table);
  if (query.kind === "anomalies") {
    const { measure } = query;
    return [
      ...dimensions,
      bucketColumn(query.grain.unit),
      measureColumn(measure),
      figure("expected", "Expected", measure.format, measure.unit),
      figure("deviation", "Deviation", measure.format, measure.unit),
      figure("deviation_pct", "Deviation %", "percent"),
      figure("score", "Score", "number"),
    ];
  }
  const compared = query.comparisons.flatMap((comparison) => {
    const covered = query.measures.filter(
      ({ as }) => comparison.kind === "period" || comparison.measures[as] !== undefined,
    );
    const against = comparison.label.replaceAll("_", " ");
    return covered.flatMap((measure) => {
      const name = `${measure.as}_${comparison.label}`;
      const label = measureLabel(measure);
      // With several measures each change says whose it is.
      const change = covered.length > 1 ? `${label}, change on ${against}` : `Change on ${against}`;
      return [
        figure(name, `${label}, ${against}`, measure.format, measure.unit),
        figure(`${name}_change`, change, measure.format, measure.unit),
        figure(`${name}_change_pct`, `${change} %`, "percent"),
      ];
    });
  });
  const bucket = query.grain === undefined ? [] : [bucketColumn(query.grain.unit)];
  return [...dimensions, ...bucket, ...query.measures.map(measureColumn), ...compared];
};
