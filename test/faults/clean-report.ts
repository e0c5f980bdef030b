// A narrative and finished files made by hand from clean tables.
import { Resvg } from "@resvg/resvg-js";
import ExcelJS from "exceljs";
import type { ArtifactStore } from "../../src/ports/index.ts";
import {
  formatCell,
  renderStatement,
  type FileRef,
  type Narrative,
  type Passage,
  type ResultTable,
} from "../../src/protocol/index.ts";
import { figureColumns, labelColumns } from "./cells.ts";
import { makePdf } from "./office-file.ts";

const token = (table: ResultTable, row: number, index: number): string =>
  `{{${table.id}.${row}.${table.columns[index]?.name}}}`;

/** `North, Lamp: Revenue {{…}}.`, names and figures as tokens of one row. */
const rowStatement = (table: ResultTable, row: number): string => {
  const names = labelColumns(table).map((index) => token(table, row, index));
  const [figure = 0] = figureColumns(table);
  return `${names.join(", ")}: ${table.columns[figure]?.label} is ${token(table, row, figure)}.`;
};

/** `Largest gain: North, {{…}}.` of a row whose figure changed, said by the sign of the change. */
const changeStatement = (table: ResultTable): string[] => {
  const at = table.columns.findIndex(({ name }) => name.endsWith("_change"));
  const row = table.rows.findIndex((cells) => Number(cells[at] ?? 0) !== 0);
  if (at < 0 || row < 0) return [];
  const names = labelColumns(table).map((index) => token(table, row, index));
  const word = Number(table.rows[row]?.[at]) > 0 ? "gain" : "fall";
  return [`There was a ${word} at ${names.join(", ")}: ${token(table, row, at)}.`];
};

export const cleanNarrative = (
  total: ResultTable,
  detail: ResultTable,
  passage: Passage | undefined,
): Narrative => {
  const [figure = 0] = figureColumns(total);
  const heading = total.columns[figure]?.label ?? "";
  const cited = passage === undefined ? [] : [`The reason is known [[${passage.id}]].`];
  return {
    title: "September 2026",
    summary: [`${heading} in September 2026: ${token(total, 0, figure)}.`],
    sections: [
      {
        id: "detail",
        heading: detail.title,
        tables: [detail.id],
        statements: [
          rowStatement(detail, 0),
          rowStatement(detail, 1),
          ...changeStatement(detail),
          ...cited,
        ],
      },
    ],
  };
};

const statementsOf = (narrative: Narrative, tables: readonly ResultTable[]): string[] =>
  [...narrative.summary, ...narrative.sections.flatMap(({ statements }) => statements)].map(
    (statement) => renderStatement(statement, tables).text,
  );

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const written = (table: ResultTable): string[][] =>
  table.rows.map((cells) =>
    table.columns.map((column, index) => formatCell(cells[index] ?? null, column)),
  );

const htmlTable = (table: ResultTable): string => {
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const head = row(
    "th",
    table.columns.map(({ label }) => label),
  );
  return `<h2>${escaped(table.title)}</h2><table>${head}${written(table)
    .map((cells) => row("td", cells))
    .join("")}</table>`;
};

const workbook = async (tables: readonly ResultTable[]): Promise<Uint8Array> => {
  const book = new ExcelJS.Workbook();
  for (const table of tables) {
    const sheet = book.addWorksheet(table.title.slice(0, 31));
    sheet.addRow(table.columns.map(({ label }) => label));
    for (const cells of table.rows) sheet.addRow(cells);
  }
  return new Uint8Array(await book.xlsx.writeBuffer());
};

const picture = (): Uint8Array =>
  new Resvg(
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><path d="M0 40L30 5L60 30Z"/></svg>',
  )
    .render()
    .asPng();

/** report.xlsx, report.pdf, report.html and a chart, as the reporter would hand them over. */
export const cleanFiles = async (
  artifacts: ArtifactStore,
  narrative: Narrative,
  tables: readonly ResultTable[],
): Promise<FileRef[]> => {
  const text = statementsOf(narrative, tables);
  const lines = tables.flatMap((table) => [
    table.title,
    table.columns.map(({ label }) => label).join("   "),
    ...written(table).map((cells) => cells.join("   ")),
  ]);
  const body = `${text.map((t) => `<p>${escaped(t)}</p>`).join("")}${tables.map(htmlTable).join("")}`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report</title></head><body>${body}</body></html>`;
  return Promise.all([
    artifacts.put(await workbook(tables), {
      name: "report.xlsx",
      mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }),
    artifacts.put(await makePdf([[narrative.title, ...text, ...lines].join("\n")]), {
      name: "report.pdf",
      mime: "application/pdf",
    }),
    artifacts.put(new TextEncoder().encode(html), { name: "report.html", mime: "text/html" }),
    artifacts.put(picture(), { name: "chart.png", mime: "image/png" }),
  ]);
};
