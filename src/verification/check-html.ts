// report.html: every element that claims to show a cell shows it, every cell due is shown, and no
// other number stands in the page.
import type { TaskContext } from "../ports/index.ts";
import {
  type FileRef,
  findCell,
  formatCell,
  type Finding,
  type HandOver,
} from "../protocol/index.ts";
import { findingsOf, listed } from "./finding.ts";
import { type HtmlPage, readHtml } from "./html-text.ts";
import { evenText, knownText, unknownNumbers } from "./known-text.ts";
import { documentTables } from "./reported-tables.ts";

const finding = findingsOf("files");
const MOST = 10;

const checkFigures = (page: HtmlPage, file: FileRef, context: TaskContext): Finding[] => {
  const tables = Object.values(context.inputs).flatMap((input) => input.tables);
  const findings: Finding[] = [];
  for (const { table, row, column, text } of page.figures) {
    const where = `files/${file.name}/${table}/${row}/${column}`;
    const found = findCell({ table, row: /^\d+$/.test(row) ? Number(row) : -1, column }, tables);
    if ("reason" in found) {
      findings.push(
        finding(
          "file-mismatch",
          `${file.name} shows ${JSON.stringify(text)} for ${table}.${row}.${column}: ${found.reason}`,
          where,
        ),
      );
      continue;
    }
    const wanted = evenText(formatCell(found.value, found.column));
    if (evenText(text) === wanted) continue;
    findings.push(
      finding(
        "file-mismatch",
        `${file.name} shows ${JSON.stringify(text)} for ${table}.${row}.${column}, the verified cell is ${JSON.stringify(wanted)}`,
        where,
      ),
    );
  }
  return findings.slice(0, MOST);
};

const checkComplete = (
  page: HtmlPage,
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Finding[] => {
  const shown = new Set(page.figures.map(({ table, row, column }) => `${table}.${row}.${column}`));
  return (documentTables(handOver, "dashboard", context) ?? []).flatMap((table) => {
    const gone = table.rows.flatMap((_, row) =>
      table.columns
        .filter(({ name }) => !shown.has(`${table.id}.${row}.${name}`))
        .map(({ name }) => `${table.id}.${row}.${name}`),
    );
    return gone.length === 0
      ? []
      : [
          finding(
            "file-mismatch",
            `${file.name} does not show ${gone.length} cells of table ${table.id}: ${listed(gone)}`,
            `files/${file.name}/${table.id}`,
          ),
        ];
  });
};

/** Findings of one page. */
export const checkHtml = (
  bytes: Uint8Array,
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Finding[] => {
  const where = `files/${file.name}`;
  const page = readHtml(new TextDecoder().decode(bytes));
  if (page === undefined) {
    return [finding("unopenable-file", `${file.name} is no complete HTML page`, where)];
  }
  if (page.text.trim() === "" && page.figures.length === 0) {
    return [finding("empty-file", `${file.name} shows nothing`, where)];
  }
  const unknown = unknownNumbers(page.text, knownText(context));
  return [
    ...checkFigures(page, file, context),
    ...checkComplete(page, file, handOver, context),
    ...unknown
      .slice(0, MOST)
      .map((number) =>
        finding(
          "invented-number",
          `${file.name} says ${number}, which is in no verified result`,
          where,
        ),
      ),
  ];
};
