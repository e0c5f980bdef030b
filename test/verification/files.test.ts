// Checks of finished files: there, whole, what they claim to be, and in agreement with verified cells.
import exceljs from "exceljs";
import pdfkit from "pdfkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TuttiError } from "../../src/errors.ts";
import {
  type FileRef,
  formatCell,
  HandOver,
  type ResultTable,
  Task,
} from "../../src/protocol/index.ts";
import { codes, evidence, messages, openSalesCase, type SalesCase } from "./sales-case.ts";

let sales: SalesCase;
beforeAll(async () => {
  sales = await openSalesCase();
});
afterAll(() => sales.close());

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const reporting = (name: string) =>
  Task.parse({
    id: "report",
    title: "Report",
    instructions: "Render.",
    assignee: "reporter",
    expects: { kind: "files", description: "f", files: [name] },
    checks: ["schema", "files"],
  });

const verify = (files: FileRef[], name: string, calls = evidence("workbook")) =>
  sales.verifier.verify(
    HandOver.parse({ status: "done", summary: "Made.", files, evidence: calls }),
    sales.context(reporting(name), {
      inputs: sales.writing().inputs,
      caveats: ["3 rows were left out"],
    }),
  );

const put = (bytes: Uint8Array | string, name: string, mime: string) =>
  sales.store.put(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, {
    name,
    mime,
  });

const asked = { title: "Sales", sheets: [{ name: "Regions", tableId: "by-region", charts: [] }] };
const report = {
  report: { title: "Sales", sections: [{ heading: "Regions", tables: ["by-region"], charts: [] }] },
  charts: [],
};

const workbook = async (
  change: (sheet: exceljs.Worksheet, book: exceljs.Workbook) => void = () => undefined,
) => {
  const book = new exceljs.Workbook();
  const sheet = book.addWorksheet("Regions");
  sheet.addRow(["Revenue by region, September 2026"]);
  sheet.addRow(sales.table.columns.map(({ label }) => label));
  for (const row of sales.table.rows) sheet.addRow(row);
  change(sheet, book);
  return put(new Uint8Array(await book.xlsx.writeBuffer()), "report.xlsx", XLSX);
};
const verifyWorkbook = async (change?: Parameters<typeof workbook>[0]) =>
  verify([await workbook(change)], "report.xlsx", evidence("workbook", asked));

const figure = (table: ResultTable, row: number, at: number): string => {
  const column = table.columns[at]!;
  return `<td data-table="${table.id}" data-row="${row}" data-column="${column.name}" data-value="1">${formatCell(table.rows[row]![at]!, column)}</td>`;
};
const page = (change: (html: string) => string = (html) => html) => {
  const rows = sales.table.rows.map(
    (_, row) =>
      `<tr>${sales.table.columns.map((__, at) => figure(sales.table, row, at)).join("")}</tr>`,
  );
  const html = `<!doctype html><html><head><title>Sales</title><style>a{width:17px}</style></head><body><h1>Sales in September 2026</h1>
    <p>Goal: ${sales.context(reporting("x")).goal}</p><p>3 rows were left out</p><svg><text>12,345</text></svg>
    <table>${rows.join("\n")}</table><p>sha256 ${sales.sources[0]!.sha256}</p><script>var n = 4711;</script></body></html>`;
  return put(change(html), "report.html", "text/html");
};
const verifyPage = async (change?: Parameters<typeof page>[0]) =>
  verify([await page(change)], "report.html", evidence("dashboard", report));

const pdf = async (...more: string[]) => {
  const doc = new pdfkit();
  const chunks: Uint8Array[] = [];
  const done = new Promise((resolve) => doc.on("end", resolve));
  doc.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  doc.text("Sales in September 2026");
  doc.text(`Goal: ${sales.context(reporting("x")).goal}`);
  for (const row of sales.table.rows) {
    doc.text(sales.table.columns.map((column, at) => formatCell(row[at]!, column)).join("   "));
  }
  doc.fontSize(30).text(`sha256 ${sales.sources[0]!.sha256}`).text(sales.table.sql);
  for (const line of ["Figure 1. Table 3.", "[1]", "Page 1 of 9", ...more]) doc.text(line);
  doc.end();
  await done;
  return put(Buffer.concat(chunks), "report.pdf", "application/pdf");
};

test("clean files pass", async () => {
  expect((await verifyWorkbook()).findings).toEqual([]);
  expect((await verifyPage()).findings).toEqual([]);
  expect((await verify([await pdf()], "report.pdf", evidence("pdf", report))).findings).toEqual([]);
});

test("a missing file, an empty file and an expected name that is not there are found", async () => {
  const gone: FileRef = { sha256: "d".repeat(64), name: "report.xlsx", mime: XLSX, bytes: 5 };
  expect(codes(await verify([gone], "report.xlsx"))).toEqual(["missing-file"]);
  expect(codes(await verify([await put("", "report.xlsx", XLSX)], "report.xlsx"))).toEqual([
    "empty-file",
  ]);
  expect(codes(await verify([await workbook()], "report.pdf"))).toEqual(["missing-file"]);
});

test("a size that is not the file's is found", async () => {
  expect(codes(await verify([{ ...(await workbook()), bytes: 3 }], "report.xlsx"))).toEqual([
    "file-mismatch",
  ]);
});

test("a store that fails is an error, not a finding", async () => {
  const artifacts = {
    ...sales.store,
    has: () => Promise.reject(new TuttiError("DATABASE", "disk gone")),
  };
  const handOver = HandOver.parse({
    status: "done",
    summary: "",
    files: [await workbook()],
    evidence: evidence("workbook"),
  });
  const verifying = sales
    .verifierWith({ artifacts })
    .verify(handOver, sales.context(reporting("report.xlsx")));
  await expect(verifying).rejects.toMatchObject({ code: "DATABASE" });
});

test.each([
  ["report.xlsx", XLSX],
  ["report.pdf", "application/pdf"],
  ["report.html", "text/html"],
  ["chart.png", "image/png"],
  ["chart.svg", "image/svg+xml"],
  ["data.json", "application/json"],
])("%s that does not open is found", async (name, mime) => {
  const verdict = await verify([await put("I am no such file", name, mime)], name);
  expect(codes(verdict)).toEqual(["unopenable-file"]);
});

test("a file whose name and kind disagree is found", async () => {
  const bytes = await sales.store.get((await workbook()).sha256);
  expect(codes(await verify([await put(bytes, "report.pdf", XLSX)], "report.pdf"))).toEqual([
    "unopenable-file",
  ]);
});

test.each<[string, (sheet: exceljs.Worksheet, book: exceljs.Workbook) => void]>([
  [
    "a changed figure",
    (sheet) => {
      sheet.getCell("B3").value = 151.1;
    },
  ],
  [
    "a figure as text",
    (sheet) => {
      sheet.getCell("B3").value = "much";
    },
  ],
  [
    "another name",
    (sheet) => {
      sheet.getCell("A3").value = "South";
    },
  ],
  [
    "a row too few",
    (sheet) => {
      sheet.spliceRows(4, 1);
    },
  ],
  [
    "a row too many",
    (sheet) => {
      sheet.addRow(["Total", 999]);
    },
  ],
  [
    "a column missing",
    (sheet) => {
      sheet.spliceColumns(2, 1);
    },
  ],
  [
    "a second sheet with figures of its own",
    (_, book) => {
      book.addWorksheet("More").addRow(["Profit", 4711]);
    },
  ],
])("a workbook with %s is found", async (_, change) => {
  expect(codes(await verifyWorkbook(change))).toEqual(["file-mismatch"]);
});

test("a workbook without values is empty", async () => {
  const book = new exceljs.Workbook();
  book.addWorksheet("Nothing");
  const file = await put(new Uint8Array(await book.xlsx.writeBuffer()), "report.xlsx", XLSX);
  expect(codes(await verify([file], "report.xlsx"))).toEqual(["empty-file"]);
});

test("without the call that made it, a workbook is held to the tables its headings name", async () => {
  expect((await verify([await workbook()], "report.xlsx")).ok).toBe(true);
  const wrong = await workbook((sheet) => {
    sheet.getCell("B3").value = 1;
  });
  expect(codes(await verify([wrong], "report.xlsx"))).toEqual(["file-mismatch"]);
  const foreign = await workbook((sheet, book) => {
    book.removeWorksheet(sheet.id);
    book.addWorksheet("Weather").addRow(["Sunny"]);
  });
  expect(codes(await verify([foreign], "report.xlsx"))).toEqual(["file-mismatch"]);
});

test.each<[string, (html: string) => string, string]>([
  ["a changed figure", (html) => html.replace(">€150.10<", ">€151.10<"), "file-mismatch"],
  [
    "a figure of another row",
    (html) => html.replace('data-row="0"', 'data-row="1"'),
    "file-mismatch",
  ],
  [
    "a figure of no cell",
    (html) => html.replace('data-column="revenue"', 'data-column="profit"'),
    "file-mismatch",
  ],
  ["a cell left out", (html) => html.replace(/<td[^>]*>€150\.10<\/td>/, ""), "file-mismatch"],
  [
    "a number typed",
    (html) => html.replace("</body>", "<p>We made 4,711 euros</p></body>"),
    "invented-number",
  ],
  ["its end missing", (html) => html.slice(0, -20), "unopenable-file"],
  ["nothing to see", () => "<!doctype html><html><body></body></html>", "empty-file"],
])("a page with %s is found", async (_, change, code) => {
  expect(codes(await verifyPage(change))).toContain(code);
});

test("a PDF with a number of its own is found, and so is one without the figures due", async () => {
  const invented = await verify(
    [await pdf("Profit was 4,711.00")],
    "report.pdf",
    evidence("pdf", report),
  );
  expect(codes(invented)).toEqual(["invented-number"]);
  expect(messages(invented)).toContain("4,711.00");
  const inputs = structuredClone(sales.writing().inputs);
  inputs["by-region"]!.tables[0]!.rows[0]![1] = 151.1;
  const handOver = HandOver.parse({
    status: "done",
    summary: "",
    files: [await pdf()],
    evidence: evidence("pdf", report),
  });
  const stale = await sales.verifier.verify(
    handOver,
    sales.context(reporting("report.pdf"), { inputs }),
  );
  expect(codes(stale)).toEqual(["invented-number", "file-mismatch"]);
});
