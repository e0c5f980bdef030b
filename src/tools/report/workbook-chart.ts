// Native charts of the workbook: they draw the sheet's own cells, and change when these do.
import type { AddChartOptions } from "@cj-tech-master/excelts/chart";
import type { Worksheet } from "@cj-tech-master/excelts";
import type { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { ResultTable, WorkbookChart } from "../../protocol/index.ts";
import { axisFormat, numberFormat } from "./number-format.ts";
import { plainText } from "./plain-text.ts";
import { COLORS, PALETTE } from "./theme.ts";

type ChartSpec = z.infer<typeof WorkbookChart>;

const EMU_PER_PIXEL = 9_525;
const WIDTH = 640;
const HEIGHT = 340;
const ROWS_PER_CHART = 19;
const MAX_SERIES = 8;
const LEVEL_LABELS = 8;
const MAX_LABELS = 26;
const SLANT = -45 * 60_000;

const letters = (column: number): string =>
  column > 26
    ? letters(Math.floor((column - 1) / 26)) + letters(((column - 1) % 26) + 1)
    : String.fromCharCode(64 + column);

const refuse = (chart: ChartSpec, reason: string, table: ResultTable): TuttiError =>
  new TuttiError("TOOL_FAILED", `the chart “${chart.title}” ${reason}`, {
    hint: `Columns of ${table.id}: ${table.columns.map(({ name }) => name).join(", ")}.`,
  });

const columnIndex = (chart: ChartSpec, table: ResultTable, name: string): number => {
  const at = table.columns.findIndex((column) => column.name === name);
  if (at < 0) throw refuse(chart, `names the column ${name}, which ${table.id} lacks`, table);
  return at;
};

/** A colour as charts write it. */
const hex = (color: string | undefined): string => (color ?? PALETTE[0]).slice(1).toUpperCase();

const seriesOf = (chart: ChartSpec, table: ResultTable, sheetName: string) => {
  const sheet = `'${sheetName.replaceAll("'", "''")}'`;
  const last = table.rows.length + 1;
  const range = (at: number): string =>
    `${sheet}!$${letters(at + 1)}$2:$${letters(at + 1)}$${last}`;
  const category = columnIndex(chart, table, chart.category);
  return chart.values.map((name, i) => {
    const at = columnIndex(chart, table, name);
    if (table.columns[at]?.role !== "figure")
      throw refuse(chart, `draws ${name}, no figure`, table);
    const color = hex(PALETTE[i % PALETTE.length]);
    return {
      name: { formula: `${sheet}!$${letters(at + 1)}$1` },
      categories: range(category),
      values: range(at),
      ...(chart.type === "line"
        ? {
            line: color,
            lineWidth: 2.25,
            smooth: false,
            marker: { symbol: "circle" as const, size: 5, fill: color, border: color },
          }
        : { fill: color, invertIfNegative: false }),
    };
  });
};

const text = (size: number, color: string, bold = false) => ({
  size: size * 100,
  bold,
  color: { srgb: hex(color) },
});

const PIE: Partial<AddChartOptions> = {
  varyColors: true,
  showLegend: true,
  legendPosition: "r",
  dataLabels: {
    showPercent: true,
    showVal: false,
    showCatName: false,
    showSerName: false,
    showLegendKey: false,
    numFmt: "0%",
    txPr: text(10, COLORS.paper, true),
  },
};

const optionsOf = (chart: ChartSpec, table: ResultTable, sheetName: string): AddChartOptions => {
  const series = seriesOf(chart, table, sheetName);
  const common: Partial<AddChartOptions> = {
    title: {
      paragraphs: [
        { runs: [{ text: plainText(chart.title), properties: text(13, COLORS.ink, true) }] },
      ],
    },
    legendOptions: { txPr: text(9, COLORS.muted) },
  };
  if (chart.type === "pie") {
    const [first] = series;
    const dataPoints = table.rows.map((_, index) => ({
      index,
      fill: hex(PALETTE[index % PALETTE.length]),
      border: "FFFFFF",
    }));
    return {
      ...common,
      ...PIE,
      type: "pie",
      series: first === undefined ? [] : [{ ...first, dataPoints }],
    };
  }
  const category = table.columns[columnIndex(chart, table, chart.category)];
  const measured = table.columns[columnIndex(chart, table, chart.values[0] ?? "")];
  const bar = chart.type === "bar";
  const many = !bar && table.rows.length > LEVEL_LABELS;
  return {
    ...common,
    type: chart.type === "line" ? "line" : "bar",
    ...(chart.type === "line" ? {} : { barDir: bar ? ("bar" as const) : ("col" as const) }),
    ...(chart.type === "line"
      ? { grouping: "standard" as const }
      : { grouping: "clustered" as const }),
    ...(chart.type === "line" ? {} : { gapWidth: 60, overlap: series.length > 1 ? -5 : 0 }),
    series,
    showLegend: series.length > 1,
    legendPosition: "b",
    varyColors: false,
    categoryAxis: {
      majorGridlines: false,
      // Programs draw level labels over each other, so many labels are slanted.
      txPr: { ...text(9, COLORS.muted), ...(many ? { rotation: SLANT } : {}) },
      tickLblSkip: bar ? 1 : Math.max(1, Math.ceil(table.rows.length / MAX_LABELS)),
      lineColor: hex(COLORS.rule),
      majorTickMark: "none",
      tickLblPos: "low",
      ...(bar ? { orientation: "maxMin" as const } : {}),
      numFmt: (category && numberFormat(category)) ?? "General",
      numFmtLinked: false,
    },
    valueAxis: {
      majorGridlines: true,
      majorGridlinesStyle: { border: hex(COLORS.rule), borderWidth: 0.5 },
      txPr: text(9, COLORS.muted),
      hidden: false,
      majorTickMark: "none",
      lineColor: "FFFFFF",
      numFmt: measured === undefined ? "General" : axisFormat(measured),
      numFmtLinked: false,
      ...(bar ? { crosses: "max" as const } : {}),
    },
  };
};

/** Puts the charts beside the data. Throws TOOL_FAILED when one names a column that is not there. */
export const addCharts = (
  sheet: Worksheet,
  table: ResultTable,
  charts: readonly ChartSpec[],
): void => {
  charts.forEach((chart, i) => {
    if (chart.values.length > MAX_SERIES) {
      throw refuse(chart, `has more than ${MAX_SERIES} series`, table);
    }
    const options = optionsOf(chart, table, sheet.name);
    if (table.rows.length === 0) return; // the sheet says that nothing was found
    sheet.addChart(options, {
      tl: { col: table.columns.length + 1, row: 1 + i * ROWS_PER_CHART },
      ext: { cx: WIDTH * EMU_PER_PIXEL, cy: HEIGHT * EMU_PER_PIXEL },
      editAs: "oneCell",
    });
  });
};
