import ExcelJS from "exceljs";
import { beforeAll, describe, expect, it } from "vitest";
import * as yauzl from "yauzl";
import { FileRef, ToolFailure, type ResultColumn } from "../../../src/protocol/index.ts";
import { contextOver, workbookSpec } from "./sample-report.ts";
import { toolbox } from "./make-report.ts";
import { HOSTILE, SAMPLE_TABLES } from "./sample-tables.ts";

const zipEntries = async (bytes: Uint8Array): Promise<Map<string, string>> => {
  const zip = await yauzl.fromBufferPromise(Buffer.from(bytes));
  const entries = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    entries.set(entry.fileName, Buffer.concat(chunks).toString());
  }
  return entries;
};

const make = async (spec: unknown = workbookSpec) => {
  const { call, store } = toolbox();
  const file = FileRef.parse(await call("workbook", spec));
  return { file, bytes: await store.get(file.sha256) };
};

describe("report.xlsx", () => {
  const book = new ExcelJS.Workbook();
  let bytes: Uint8Array;
  beforeAll(async () => {
    ({ bytes } = await make());
    await book.xlsx.load(Buffer.from(bytes) as never);
  });
  const sheetOf = (tableId: string): ExcelJS.Worksheet => {
    const index = workbookSpec.sheets.findIndex((sheet) => sheet.tableId === tableId);
    const sheet = book.worksheets[index + 1];
    if (sheet === undefined) throw new Error(`no sheet for ${tableId}`);
    return sheet;
  };

  it("has a summary, a sheet for each table, the notes and the sources", () => {
    expect(book.worksheets.map(({ name }) => name)).toEqual([
      "Summary",
      "Totals",
      "Regions",
      "Products",
      "Trend",
      "Anomalies",
      "Orders",
      "Odd names",
      "Temperature",
      "Data notes",
      "Sources",
    ]);
  });

  const expected = (cell: unknown, column: ResultColumn): unknown => {
    if (column.type === "date" && typeof cell === "string") return new Date(`${cell}T00:00:00Z`);
    if (typeof cell === "boolean") return cell ? "yes" : "no";
    return cell;
  };
  it.each(SAMPLE_TABLES.map((table) => [table.id, table] as const))(
    "holds every cell of %s as a real number, date or text",
    (id, table) => {
      const sheet = sheetOf(id);
      expect(sheet.views[0]).toMatchObject({ state: "frozen", ySplit: 1 });
      expect(sheet.autoFilter).toBeTruthy();
      table.columns.forEach((column, at) => {
        expect(sheet.getCell(1, at + 1).value).toBe(column.label);
        table.rows.forEach((row, index) => {
          const { value } = sheet.getCell(index + 2, at + 1);
          const cell = row[at] ?? null;
          if (id === "hostile" && typeof cell === "string") return; // see below
          expect(value).toEqual(expected(cell, column));
        });
      });
    },
  );

  it("writes figures with the column's format", () => {
    expect(sheetOf("revenue-by-region").getCell("B2").numFmt).toBe('"€"#,##0.00;-"€"#,##0.00');
    expect(sheetOf("revenue-by-region").getCell("E2").numFmt).toBe("+0.0%;-0.0%;0.0%");
    expect(sheetOf("trend").getCell("A2").numFmt).toBe("mmm yyyy");
    expect(sheetOf("temperature").getCell("B2").numFmt).toBe('#,##0.00" °C"');
  });

  it("says that nothing was found when a table is empty", () => {
    expect(sheetOf("anomalies").getCell("A2").value).toBe("None found.");
  });

  it("has no formula, whatever the text begins with", async () => {
    const sheet = sheetOf("hostile");
    HOSTILE.forEach((text, index) => {
      const cell = sheet.getCell(index + 2, 1);
      expect(cell.type).toBe(ExcelJS.ValueType.String);
      // oxlint-disable-next-line no-control-regex -- control characters are dropped
      expect(cell.value).toBe(text.replace(/[\u0007\u202E]/g, ""));
    });
    expect(sheet.getCell("E3").value).toBe("12,345,678,901,234,567,890");
    const formulas = [...(await zipEntries(bytes))].filter(
      ([name, xml]) => name.startsWith("xl/worksheets/sheet") && /<f[ >]/.test(xml),
    );
    expect(formulas).toEqual([]);
  });

  it("has native charts over the sheet's own cells", async () => {
    const entries = await zipEntries(bytes);
    const charts = [...entries].filter(([name]) => /^xl\/charts\/chart\d+\.xml$/.test(name));
    expect(charts).toHaveLength(4);
    const xml = charts.map(([, text]) => text.replaceAll("&apos;", "'")).join("\n");
    expect(xml).toContain("'Regions'!$B$2:$B$7");
    expect(xml).toContain("'Trend'!$A$2:$A$14");
    for (const kind of ["c:barChart", "c:pieChart", "c:lineChart"]) expect(xml).toContain(kind);
  });

  it("sums up, with links to the sheets", async () => {
    const summary = book.getWorksheet("Summary");
    const texts: string[] = [];
    summary?.eachRow((row) => row.eachCell((cell) => texts.push(cell.text)));
    expect(texts).toContain("Monthly sales report");
    expect(texts.join("\n")).toContain(
      "Revenue was €1,864,223.17 in September 2026, +4.1% against August and -1.9% against the plan.",
    );
    const xml = (await zipEntries(bytes))
      .get("xl/worksheets/sheet1.xml")
      ?.replaceAll("&apos;", "'");
    const links = [...(xml ?? "").matchAll(/<hyperlink [^>]*location="([^"]+)"/g)].map(
      ([, to]) => to,
    );
    expect(links).toHaveLength(10);
    expect(links[1]).toBe("'Regions'!A1");
  });

  it("names every file with its hash and every query", () => {
    const rows: string[] = [];
    book.getWorksheet("Sources")?.eachRow((row) => {
      rows.push([1, 2, 3].map((at) => row.getCell(at).text).join(" | "));
    });
    expect(rows).toContain(`sales.csv | ${"a".repeat(64)} | sales`);
    expect(rows.filter((row) => row.includes("SELECT"))).toHaveLength(SAMPLE_TABLES.length);
  });

  it("admits what is not covered and what is odd", () => {
    const lines: string[] = [];
    book.getWorksheet("Data notes")?.eachRow((row) => lines.push(row.getCell(1).text));
    expect(lines).toContain("“customer satisfaction”");
    expect(lines).toContain("sales.csv: 3 values of `amount` are missing and were not counted.");
  });

  it("has the same bytes for the same content", async () => {
    expect(Buffer.from((await make()).bytes).equals(Buffer.from(bytes))).toBe(true);
  });
});

describe("a workbook is refused", () => {
  const sheet = { name: "S", tableId: "trend", charts: [] };
  const refused: [string, unknown, RegExp][] = [
    ["over an unknown table", { title: "T", sheets: [{ ...sheet, tableId: "x" }] }, /called x/],
    [
      "with a chart over an unknown column",
      {
        title: "T",
        sheets: [
          {
            ...sheet,
            charts: [{ type: "line", title: "C", category: "month", values: ["profit"] }],
          },
        ],
      },
      /names the column profit/,
    ],
    ["without sheets", { title: "T", sheets: [] }, /wrong arguments/],
  ];
  it.each(refused)("%s", async (_name, spec, reason) => {
    const { call } = toolbox();
    expect(ToolFailure.parse(await call("workbook", spec)).error.message).toMatch(reason);
  });

  it("with more rows than allowed, naming the table", async () => {
    const { call } = toolbox({ limits: { workbookRows: 100 } });
    const { error } = ToolFailure.parse(await call("workbook", workbookSpec));
    expect(error.hint).toContain("orders, which has 300");
  });

  it("when the task was cancelled", async () => {
    const { call } = toolbox({ context: contextOver(undefined, { signal: AbortSignal.abort() }) });
    const { error } = ToolFailure.parse(await call("workbook", workbookSpec));
    expect(error.code).toBe("CANCELLED");
  });
});

it("sheets of the same name are told apart", async () => {
  const name = "A name of exactly thirty-one cha";
  const { bytes } = await make({
    title: "T",
    sheets: ["trend", "totals"].map((tableId) => ({
      name: name.slice(0, 31),
      tableId,
      charts: [],
    })),
  });
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(Buffer.from(bytes) as never);
  expect(new Set(book.worksheets.map((sheet) => sheet.name)).size).toBe(5);
});
