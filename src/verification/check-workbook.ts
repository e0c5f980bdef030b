// report.xlsx: the cells of each sheet against the verified table it shows.
import exceljs from "exceljs";
import { messageOf } from "../errors.ts";
import type { TaskContext } from "../ports/index.ts";
import {
  type Cell,
  type FileRef,
  type Finding,
  formatCell,
  type HandOver,
  type ResultTable,
} from "../protocol/index.ts";
import { sameFigure } from "./expected-table.ts";
import { findingsOf, listed, shown } from "./finding.ts";
import { evenText, knownText, type KnownText, unknownNumbers } from "./known-text.ts";
import { workbookSheets } from "./reported-tables.ts";

const finding = findingsOf("files");
const MOST = 10;
type Sheet = exceljs.Worksheet;

/** The cells of a sheet as values; formulas by their result, dates as days or moments. */
const cellOf = (value: exceljs.CellValue): Cell => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) {
    const moment = value.toISOString().slice(0, 19);
    return moment.endsWith("T00:00:00") ? moment.slice(0, 10) : moment;
  }
  if (typeof value !== "object") return value;
  if ("richText" in value) return value.richText.map(({ text }) => text).join("");
  if ("result" in value) return cellOf(value.result ?? null);
  if ("text" in value) return value.text;
  return "error" in value ? value.error : null;
};

interface Grid {
  readonly name: string;
  readonly rows: readonly (readonly Cell[])[];
}

const gridOf = (sheet: Sheet): Grid => {
  const rows: Cell[][] = [];
  for (let row = 1; row <= sheet.rowCount; row += 1) {
    const { values } = sheet.getRow(row);
    rows.push(Array.isArray(values) ? Array.from(values.slice(1), cellOf) : []);
  }
  return { name: sheet.name, rows };
};

interface Place {
  readonly header: number;
  /** Sheet column of each table column. */
  readonly columns: readonly number[];
}

const text = (cell: Cell | undefined): string =>
  typeof cell === "string" ? evenText(cell).toLowerCase() : "";

/** The row that holds every heading of a table, and of a single heading nothing else. */
const findPlace = (grid: Grid, table: ResultTable): Place | undefined => {
  for (const [header, row] of grid.rows.slice(0, 50).entries()) {
    const taken = new Set<number>();
    const columns = table.columns.map(({ label, name }) => {
      const at = row.findIndex(
        (cell, index) =>
          !taken.has(index) &&
          [evenText(label).toLowerCase(), name.toLowerCase()].includes(text(cell)),
      );
      taken.add(at);
      return at;
    });
    const isAlone = columns.length > 1 || row.filter((cell) => text(cell) !== "").length === 1;
    if (isAlone && columns.every((at) => at >= 0)) return { header, columns };
  }
  return undefined;
};

const sameCell = (table: ResultTable, at: number, wanted: Cell, cell: Cell): boolean => {
  const column = table.columns[at];
  if (column === undefined) return false;
  if (wanted === null) return cell === null || cell === "" || cell === "–";
  if (typeof wanted === "string" && typeof cell === "string") {
    const spelled = [wanted, wanted.replace(/T00:00:00$/, ""), formatCell(wanted, column)];
    return spelled.some((spelling) => evenText(spelling) === evenText(cell));
  }
  if (typeof wanted === "boolean") return cell === wanted || text(cell) === (wanted ? "yes" : "no");
  return (
    cell !== null &&
    sameFigure({ name: column.name, kind: "figure", format: column.format }, wanted, cell)
  );
};

const compareSheet = (grid: Grid, place: Place, table: ResultTable, file: FileRef): Finding[] => {
  const findings: Finding[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const line = place.header + 1 + row;
    for (const [at, column] of table.columns.entries()) {
      const cell = grid.rows[line]?.[place.columns[at] ?? -1] ?? null;
      const wanted = cells[at] ?? null;
      if (sameCell(table, at, wanted, cell)) continue;
      findings.push(
        finding(
          "file-mismatch",
          `${file.name}, sheet ${grid.name}, row ${line + 1}, ${column.label}: ${shown(cell)} in the file, ${shown(wanted)} in ${table.id}.${row}.${column.name}`,
          `files/${file.name}/${grid.name}/${line + 1}`,
        ),
      );
    }
  }
  return findings;
};

/** Numbers of a sheet beside the table it shows: none of them may be unknown. */
const checkRest = (
  grid: Grid,
  taken: { place: Place; table: ResultTable } | undefined,
  known: KnownText,
  tables: readonly ResultTable[],
  file: FileRef,
): Finding[] => {
  const [first, last] =
    taken === undefined
      ? [-1, -1]
      : [taken.place.header, taken.place.header + taken.table.rows.length];
  const figures = new Set(
    tables.flatMap(({ rows }) => rows.flat()).filter((cell) => typeof cell === "number"),
  );
  const counts = new Set(tables.map(({ rowCount }) => rowCount));
  return grid.rows.flatMap((row, line) =>
    row.flatMap((cell, at): Finding[] => {
      if (line >= first && line <= last && first >= 0 && taken?.place.columns.includes(at) === true)
        return [];
      const unknown =
        typeof cell === "number"
          ? figures.has(cell) || counts.has(cell)
            ? []
            : [String(cell)]
          : typeof cell === "string"
            ? unknownNumbers(cell, known)
            : [];
      return unknown.map((number) =>
        finding(
          "file-mismatch",
          `${file.name}, sheet ${grid.name}, row ${line + 1}: ${number} is in no verified result`,
          `files/${file.name}/${grid.name}/${line + 1}`,
        ),
      );
    }),
  );
};

type Asked = ReturnType<typeof workbookSheets>;

/** The tables a sheet may show: as its call said; of a sheet under another name, those without one. */
const candidatesFor = (
  grid: Grid,
  asked: Asked,
  names: readonly string[],
  tables: readonly ResultTable[],
): readonly ResultTable[] => {
  if (asked === undefined) return tables;
  const named = asked.filter(({ sheet }) => sheet === grid.name);
  const left = asked.filter(({ sheet }) => !names.includes(sheet));
  return (named.length > 0 ? named : left).map(({ table }) => table);
};

/** The table of these whose headings a sheet has, and which fits best. */
const tableOf = (grid: Grid, candidates: readonly ResultTable[], file: FileRef) =>
  candidates
    .flatMap((table) => {
      const place = findPlace(grid, table);
      return place === undefined
        ? []
        : [{ table, place, findings: compareSheet(grid, place, table, file) }];
    })
    .sort(
      (left, right) =>
        left.findings.length - right.findings.length ||
        right.table.rows.length - left.table.rows.length,
    )[0];

const checkGrids = (
  grids: readonly Grid[],
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Finding[] => {
  const tables = Object.values(context.inputs).flatMap((input) => input.tables);
  const asked = workbookSheets(handOver, context);
  const known = knownText(context);
  const names = grids.map(({ name }) => name);
  const found = grids.map((grid) => ({
    grid,
    of: tableOf(grid, candidatesFor(grid, asked, names, tables), file),
  }));
  const due =
    asked?.map(({ table }) => table) ??
    tables.slice(0, found.some(({ of }) => of !== undefined) ? 0 : 1);
  const missing = due
    .filter((table) => !found.some(({ of }) => of?.table === table))
    .map((table) =>
      finding(
        "file-mismatch",
        `${file.name} has no sheet with the columns of table ${table.id}; its sheets are: ${listed(names)}`,
        `files/${file.name}`,
      ),
    );
  return [
    ...missing,
    ...found.flatMap(({ grid, of }) => [
      ...(of?.findings.slice(0, MOST) ?? []),
      ...checkRest(grid, of, known, tables, file).slice(0, MOST),
    ]),
  ];
};

/** Findings of one workbook. */
export const checkWorkbook = async (
  bytes: Uint8Array,
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Promise<Finding[]> => {
  const workbook = new exceljs.Workbook();
  const where = `files/${file.name}`;
  try {
    const copy = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(copy).set(bytes);
    // Charts are none of the cells' business, and exceljs knows no charts.
    await workbook.xlsx.load(copy, { ignoreNodes: ["drawing", "legacyDrawing", "picture"] });
  } catch (error) {
    return [
      finding(
        "unopenable-file",
        `${file.name} does not open as a workbook: ${messageOf(error)}`,
        where,
      ),
    ];
  }
  const grids = workbook.worksheets.map(gridOf);
  if (grids.every(({ rows }) => rows.every((row) => row.every((cell) => cell === null)))) {
    return [finding("empty-file", `${file.name} has no cell with a value`, where)];
  }
  return checkGrids(grids, file, handOver, context);
};
