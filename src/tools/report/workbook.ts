// report.xlsx: a summary, a sheet per result with native charts, the data notes, the sources. The same
// content gives the same bytes.
import { Workbook, type Worksheet } from "@cj-tech-master/excelts";
import { installChartSupport } from "@cj-tech-master/excelts/chart";
import type { ResultTable, WorkbookSpec } from "../../protocol/index.ts";
import { sortCaveats } from "./caveats.ts";
import { periodOf } from "./period.ts";
import { plainText } from "./plain-text.ts";
import { sourcesOf, statementRenderer } from "./report-content.ts";
import { inputNarratives, requireTable, type ReportTools } from "./report-inputs.ts";
import { COLORS } from "./theme.ts";
import { addCharts } from "./workbook-chart.ts";
import { argb, cellText, fillSheet, FONT } from "./workbook-sheet.ts";

// The first day that ZIP archives can hold: fixed, so that the same content gives the same bytes.
const FIXED_DATE = new Date(Date.UTC(1980, 0, 1));
const SUMMARY = "Summary";
const NOTES = "Data notes";
const SOURCES = "Sources";

interface PlacedTable {
  readonly table: ResultTable;
  readonly sheet: string;
  readonly charts: WorkbookSpec["sheets"][number]["charts"];
}

/** A name that Excel accepts and that no other sheet has. */
const sheetName = (wanted: string, taken: Set<string>): string => {
  const clean = plainText(wanted)
    .replace(/[[\]:*?/\\\n\t]/g, " ")
    .replace(/\s+/g, " ")
    .replace(/^[' ]+|[' ]+$/g, "");
  const base = clean === "" || clean.toLowerCase() === "history" ? `Sheet ${clean}`.trim() : clean;
  for (let n = 1; ; n += 1) {
    const suffix = n === 1 ? "" : ` (${n})`;
    const name = base.slice(0, 31 - suffix.length).trimEnd() + suffix;
    if (!taken.has(name.toLowerCase())) {
      taken.add(name.toLowerCase());
      return name;
    }
  }
};

/** Writes lines of text one below the other. */
class TextSheet {
  readonly #sheet: Worksheet;
  #row = 1;

  constructor(sheet: Worksheet, widths: readonly number[]) {
    this.#sheet = sheet;
    widths.forEach((width, i) => {
      sheet.getColumn(i + 1).width = width;
    });
  }

  line(
    texts: readonly string[],
    style: { size?: number; bold?: boolean; muted?: boolean } = {},
  ): number {
    const { size = 11, bold = false, muted = false } = style;
    texts.forEach((text, i) => {
      const cell = this.#sheet.getCell(this.#row, i + 1);
      cell.value = cellText(text);
      cell.font = { name: FONT, size, bold, color: argb(muted ? COLORS.muted : COLORS.ink) };
      cell.alignment = { wrapText: size <= 11, vertical: "top" };
    });
    const row = this.#row;
    const widths = texts.map((_, i) => this.#sheet.getColumn(i + 1).width ?? 10);
    const lines = texts.map((text, i) =>
      text
        .split("\n")
        .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / (widths[i] ?? 10))), 0),
    );
    this.#sheet.getRow(row).height = Math.min(400, size * 1.4 * Math.max(1, ...lines) + 2);
    this.#row += 1;
    return row;
  }

  heading(text: string): void {
    this.#row += 1;
    this.line([text], { size: 13, bold: true });
  }

  space(): void {
    this.#row += 1;
  }

  link(texts: readonly [string, ...string[]], sheet: string): void {
    const row = this.line(texts);
    const cell = this.#sheet.getCell(row, 1);
    cell.value = { text: cellText(texts[0]), hyperlink: `#'${sheet.replaceAll("'", "''")}'!A1` };
    cell.font = { name: FONT, size: 11, underline: true, color: argb(COLORS.accent) };
  }
}

const summarySheet = (
  sheet: Worksheet,
  tools: ReportTools,
  title: string,
  placed: readonly PlacedTable[],
): void => {
  const text = new TextSheet(sheet, [34, 74, 12]);
  const period = periodOf(placed.map(({ table }) => table));
  text.line([title], { size: 20, bold: true });
  if (period !== undefined) text.line([period], { size: 12, muted: true });
  text.space();
  text.line(["Goal", tools.context.goal], { muted: true });
  const { render } = statementRenderer(tools);
  const [narrative] = inputNarratives(tools.context);
  if (narrative !== undefined) {
    text.heading("Summary");
    for (const statement of narrative.summary) {
      const row = text.line([render(statement).text]);
      sheet.mergeCells(row, 1, row, 3);
      sheet.getRow(row).height = 16 * Math.ceil(render(statement).text.length / 110) + 2;
    }
  }
  text.heading("Sheets");
  for (const { sheet: name, table } of placed) {
    const rows = table.rows.length === 1 ? "1 row" : `${table.rows.length} rows`;
    text.link([name, table.title, table.rows.length === 0 ? "none found" : rows], name);
  }
  text.link([NOTES, "What is not covered, what was assumed, what is odd in the data", ""], NOTES);
  text.link([SOURCES, "Files with their sha256, and the SQL of every table", ""], SOURCES);
};

const notesSheet = (sheet: Worksheet, tools: ReportTools, placed: readonly PlacedTable[]): void => {
  const text = new TextSheet(sheet, [110]);
  text.line([NOTES], { size: 16, bold: true });
  const { notCovered, assumptions, notes } = sortCaveats(tools.context.caveats);
  const cut = placed.flatMap(({ table: { id, truncated, rows, rowCount } }) =>
    truncated ? [`${id}: only ${rows.length} of ${rowCount} rows were handed over.`] : [],
  );
  const parts = [
    ["Not covered", notCovered],
    ["Assumptions", assumptions],
    ["Data", [...notes, ...cut]],
  ] as const;
  for (const [heading, lines] of parts) {
    if (lines.length === 0) continue;
    text.heading(heading);
    for (const line of lines) text.line([line]);
  }
  if (parts.every(([, lines]) => lines.length === 0)) text.line(["Nothing to note."]);
};

const sourcesSheet = (
  sheet: Worksheet,
  tools: ReportTools,
  placed: readonly PlacedTable[],
): void => {
  const text = new TextSheet(sheet, [36, 70, 24]);
  text.line([SOURCES], { size: 16, bold: true });
  text.heading("Files");
  text.line(["File", "sha256", "Read as"], { bold: true });
  const tables = placed.map(({ table }) => table);
  for (const { name, sha256, tables: read } of sourcesOf(tools, tables)) {
    text.line([name, sha256, read.join(", ")]);
  }
  text.heading("Queries");
  text.line(["Sheet", "SQL", "Result"], { bold: true });
  for (const { sheet: name, table } of placed) text.line([name, table.sql, table.id]);
};

const addSheet = (workbook: Workbook, name: string): Worksheet =>
  workbook.addWorksheet(name, {
    pageSetup: {
      orientation: "landscape",
      paperSize: 9,
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
    },
    views: [{ showGridLines: false }],
  });

/** The file's bytes. Throws TOOL_FAILED when the spec names a table or column that is not there. */
export const workbookBytes = async (
  tools: ReportTools,
  spec: WorkbookSpec,
  check: () => void = () => undefined,
): Promise<Uint8Array> => {
  installChartSupport();
  const taken = new Set([SUMMARY, NOTES, SOURCES].map((name) => name.toLowerCase()));
  const placed: PlacedTable[] = spec.sheets.map(({ name, tableId, charts }) => ({
    table: requireTable(tools.context, tableId),
    sheet: sheetName(name, taken),
    charts,
  }));
  const workbook = new Workbook();
  workbook.creator = "Tutti";
  workbook.title = plainText(spec.title);
  workbook.created = FIXED_DATE;
  workbook.modified = FIXED_DATE;
  summarySheet(addSheet(workbook, SUMMARY), tools, plainText(spec.title), placed);
  for (const { table, sheet, charts } of placed) {
    const page = addSheet(workbook, sheet);
    page.views = [{ state: "frozen", xSplit: 1, ySplit: 1, showGridLines: false }];
    page.pageSetup.printTitlesRow = "1:1";
    fillSheet(page, table, check);
    addCharts(page, table, charts);
  }
  notesSheet(addSheet(workbook, NOTES), tools, placed);
  sourcesSheet(addSheet(workbook, SOURCES), tools, placed);
  return workbook.xlsx.writeBuffer({
    validate: false,
    zip: { modTime: FIXED_DATE, timestamps: "dos" },
  });
};
