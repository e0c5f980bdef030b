// XLSX: every sheet that holds data, as text. Formulas count by their stored result.
import ExcelJS from "exceljs";
import { messageOf } from "../../errors.ts";
import { inspectArchive } from "./inspect-archive.ts";
import type { TableLimits } from "./table-limits.ts";
import { GridBuilder, unreadable } from "./text-grid.ts";
import type { TextGrid } from "./text-grid.ts";
import { turn } from "./turn.ts";
import { unitOfFormat } from "./unit.ts";

/** Parts a table does not need; some of them name ranges that the reader would expand cell by cell. */
const IGNORED = [
  "mergeCells",
  "dataValidations",
  "conditionalFormatting",
  "hyperlinks",
  "drawing",
  "legacyDrawing",
  "picture",
  "tableParts",
  "extLst",
];
/** Excel's own last rows: a sheet that is full to the brim was probably cut off. */
const FULL_SHEET = [65_536, 1_048_576];

/** Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
export const readWorkbook = async (
  file: string,
  bytes: Uint8Array,
  limits: TableLimits,
  signal?: AbortSignal,
): Promise<TextGrid[]> => {
  const parts = await inspectArchive(file, bytes, limits.unpackedBytes, signal);
  if (!parts.includes("xl/workbook.xml")) {
    throw unreadable(file, "is a zip file but no workbook", "Save it as .xlsx and try again.");
  }
  const workbook = await load(file, bytes);
  const grids: TextGrid[] = [];
  for (const sheet of workbook.worksheets) {
    await turn(signal);
    const grid = readSheet(file, sheet, limits);
    if (grid.rows > 0) grids.push(grid);
  }
  if (grids.length === 0) {
    throw unreadable(file, "has no sheet with data", "Check that the right workbook was saved.");
  }
  return grids;
};

const load = async (file: string, bytes: Uint8Array): Promise<ExcelJS.Workbook> => {
  const workbook = new ExcelJS.Workbook();
  try {
    await workbook.xlsx.load(bytes.slice().buffer, { ignoreNodes: IGNORED });
    return workbook;
  } catch (error) {
    const hint = "Open it in a spreadsheet program and save it again.";
    throw unreadable(file, `is a damaged workbook (${messageOf(error)})`, hint, error);
  }
};

const readSheet = (file: string, sheet: ExcelJS.Worksheet, limits: TableLimits): TextGrid => {
  const builder = new GridBuilder(`${file} (${sheet.name})`, limits);
  let last = 0;
  sheet.eachRow((row, number) => {
    last = number;
    const cells: string[] = [];
    row.eachCell((cell, position) => {
      const { text, unit } = textOfCell(cell.value, cell.numFmt);
      cells[position - 1] = text;
      if (unit !== undefined && text !== "") builder.noteUnit(position - 1, unit);
    });
    builder.add(cells);
  });
  const grid = builder.finish();
  grid.sheet = sheet.name;
  if (FULL_SHEET.includes(last)) {
    grid.notes.push({
      code: "truncated",
      count: last,
      message: `The sheet is full to its last row (${last}): the export was probably cut off.`,
      examples: [],
    });
  }
  return grid;
};

interface CellText {
  text: string;
  unit?: string | undefined;
}

const textOfCell = (value: ExcelJS.CellValue, format: string | undefined): CellText => {
  if (value === null || value === undefined) return { text: "" };
  if (typeof value === "string") return { text: value };
  if (typeof value === "boolean") return { text: String(value) };
  if (typeof value === "number") return numberText(value, format ?? "");
  if (value instanceof Date) return { text: dateText(value) };
  if ("error" in value) return { text: value.error };
  if ("richText" in value) return { text: value.richText.map((part) => part.text).join("") };
  if ("result" in value) return textOfCell(value.result, format);
  // A hyperlink's text may be rich text too.
  if ("text" in value) return textOfCell(value.text, format);
  return { text: "" };
};

/** Excel computes in doubles and shows 15 digits: 0.1 + 0.2 is 0.3 there. */
const numberText = (value: number, format: string): CellText => {
  const unit = unitOfFormat(format);
  const shown = Number(value.toPrecision(15));
  const text = unit === "%" ? Number((shown * 100).toPrecision(15)) : shown;
  return { text: String(text), unit };
};

const dateText = (value: Date): string => {
  if (Number.isNaN(value.getTime())) return "";
  const iso = new Date(Math.round(value.getTime() / 1000) * 1000).toISOString();
  const time = iso.slice(11, 19);
  // Day zero of Excel's calendar: a time of day.
  if (iso < "1900-01-02") return time;
  return time === "00:00:00" ? iso.slice(0, 10) : iso.slice(0, 19);
};
