import { DuckDBInstance } from "@duckdb/node-api";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { columnOf, fixture, issueOf, profileOf, workbookBytes } from "./table-fixture.ts";
import { partsOf, zipOf } from "./zip-fixture.ts";

const rowsOf = async (name: string, content: string | Uint8Array) => {
  const { open } = await fixture();
  const session = await open(name, content);
  return (await session.query(`SELECT * FROM ${session.profiles[0]?.name}`)).rows;
};

describe("tables are read from", () => {
  it.each([",", ";", "\t", "|"])("text delimited by %j", async (mark) => {
    const lines = ["region,product,units", "North,Tea,3", "South,Coffee,4"];
    const rows = await rowsOf("sales.csv", lines.join("\n").replaceAll(",", mark));
    expect(rows).toEqual([
      ["North", "Tea", 3],
      ["South", "Coffee", 4],
    ]);
  });

  it("CSV with quotes, delimiters, quotes and line ends inside cells, and CRLF", async () => {
    const rows = await rowsOf("a.csv", 'id,words\r\n1,"a, ""b""\r\nc"\r\n2,plain "d" text\r\n');
    expect(rows).toEqual([
      [1, 'a, "b"\r\nc'],
      [2, 'plain "d" text'],
    ]);
  });

  it("CSV whose last quote is never closed, without losing the rows below", async () => {
    const rows = await rowsOf("a.csv", 'id,size,note\n1,5,"open\n2,6,ok\n3,7,ok\n');
    expect(rows.map((row) => row[0])).toEqual([1, 2, 3]);
  });

  it("semicolons with decimal commas", async () => {
    expect(await rowsOf("a.csv", "a;b\n1,5;2,25\n3,5;4,75\n")).toEqual([
      [1.5, 2.25],
      [3.5, 4.75],
    ]);
  });

  it("Excel's CSV with a first line that names the delimiter", async () => {
    expect(await rowsOf("a.csv", "sep=;\r\na;b\r\nx;1\r\n")).toEqual([["x", 1]]);
  });

  it("JSON arrays, wrapped arrays, records a line, with every digit and nested objects", async () => {
    const records =
      '[{"id":12345678901234567,"price":1.10,"who":{"name":"Ann"}},{"id":2,"price":2.25}]';
    const expected = [
      ["12345678901234567", 1.1, "Ann"],
      [2, 2.25, null],
    ];
    expect(await rowsOf("a.json", records)).toEqual(expected);
    expect(await rowsOf("a.json", `{"count":2,"data":${records}}`)).toEqual(expected);
    const lines = records.slice(1, -1).replace("},{", "}\n{");
    expect(await rowsOf("a.ndjson", lines)).toEqual(expected);
    const profile = await profileOf("a.json", records);
    expect(columnOf(profile, "who_name").header).toBe("who.name");
  });

  it("Parquet, with exact decimals, dates and times", async () => {
    const folder = await mkdtemp(join(tmpdir(), "parquet-"));
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const path = join(folder, "a.parquet");
    await connection.run(
      `COPY (SELECT 1::INT AS n, 12.30::DECIMAL(10,2) AS price, DATE '2026-09-05' AS day,
       TIMESTAMP '2026-09-05 10:30:00' AS at, true AS ok, 'x' AS word, NULL::VARCHAR AS nothing
       UNION ALL SELECT 2, 0.05, NULL, NULL, false, NULL, NULL) TO '${path}'`,
    );
    const bytes = new Uint8Array(await readFile(path));
    instance.closeSync();
    await rm(folder, { recursive: true });
    expect((await rowsOf("a.parquet", bytes)).map((row) => row.slice(0, 6))).toEqual([
      [1, 12.3, "2026-09-05", "2026-09-05T10:30:00", true, "x"],
      [2, 0.05, null, null, false, null],
    ]);
    expect(columnOf(await profileOf("a.parquet", bytes), "price").type).toBe("decimal");
  });

  it("XLSX: every sheet with data, dates, formulas, percents, currencies, rich text", async () => {
    const bytes = await workbookBytes((workbook) => {
      const plan = workbook.addWorksheet("Plan 2026");
      plan.addRow(["Month", "Region", "Plan", "Share", "Double"]);
      plan.addRow([new Date(Date.UTC(2026, 8, 1)), "North", 1200.5, 0.07, null]);
      plan.addRow([new Date(Date.UTC(2026, 9, 1)), "South", 0.1 + 0.2, 0.125, null]);
      plan.getColumn(3).numFmt = '#,##0.00 "€"';
      plan.getColumn(4).numFmt = "0.0%";
      plan.getCell("E2").value = { formula: "C2*2", result: 2401 };
      plan.getCell("E3").value = { formula: "1/0", result: { error: "#DIV/0!" } };
      workbook.addWorksheet("Empty");
      const notes = workbook.addWorksheet("Notes");
      notes.addRow(["Key", "Words"]);
      notes.addRow([1, { richText: [{ text: "bold " }, { text: "plain" }] }]);
    });
    const { open } = await fixture();
    const session = await open("Budget.xlsx", bytes);
    expect(session.profiles.map(({ name, sheet }) => [name, sheet])).toEqual([
      ["budget_plan_2026", "Plan 2026"],
      ["budget_notes", "Notes"],
    ]);
    expect((await session.query("SELECT * FROM budget_plan_2026")).rows).toEqual([
      ["2026-09-01", "North", 1200.5, 7, 2401],
      ["2026-10-01", "South", 0.3, 12.5, null],
    ]);
    expect((await session.query("SELECT words FROM budget_notes")).rows).toEqual([["bold plain"]]);
    const plan = session.profiles[0]!;
    expect(columnOf(plan, "plan").unit).toBe("EUR");
    expect(columnOf(plan, "share").unit).toBe("%");
  });

  it("one-sheet workbooks under the name of the file alone", async () => {
    const bytes = await workbookBytes((workbook) => {
      workbook.addWorksheet("Sheet1").addRows([
        ["a", "b"],
        ["x", 1],
      ]);
    });
    expect((await profileOf("plan.xlsx", bytes)).name).toBe("plan");
  });

  it("a workbook that names huge ranges, without walking through them", async () => {
    const bytes = await workbookBytes((workbook) => {
      const sheet = workbook.addWorksheet("S");
      sheet.addRows([
        ["a", "b"],
        ["x", 1],
      ]);
    });
    const parts = await partsOf(bytes);
    const xml = String(parts.get("xl/worksheets/sheet1.xml"));
    const merged = '<mergeCells count="1"><mergeCell ref="D4:XFD1048576"/></mergeCells>';
    const rules =
      '<dataValidations count="1"><dataValidation type="whole" sqref="A1:XFD1048576"/></dataValidations>';
    const huge = xml.replace("</sheetData>", `</sheetData>${merged}${rules}`);
    const changed = zipOf(parts.set("xl/worksheets/sheet1.xml", huge));
    expect(await rowsOf("a.xlsx", changed)).toEqual([["x", 1]]);
  });
});

describe("encodings", () => {
  const text = "city,größe\nMünchen,5\nKöln,7\n";
  const expected = [
    ["München", 5],
    ["Köln", 7],
  ];

  it("UTF-8 with a byte order mark is nothing to report", async () => {
    const profile = await profileOf("a.csv", `\ufeff${text}`);
    expect(profile.columns.map(({ name }) => name)).toEqual(["city", "groesse"]);
    expect(issueOf(profile, "encoding")).toBeUndefined();
  });

  it("Windows-1252 is recognised and reported", async () => {
    const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
    expect(await rowsOf("a.csv", bytes)).toEqual(expected);
    expect(issueOf(await profileOf("a.csv", bytes), "encoding")?.message).toContain("Windows-1252");
    const euro = Uint8Array.from([...Buffer.from("a,b\nx,"), 0x80, ...Buffer.from("5\ny,6\n")]);
    expect(columnOf(await profileOf("a.csv", euro), "b").unit).toBe("EUR");
  });

  it.each([true, false])(
    "UTF-16 in both byte orders (mark: %s) is recognised and reported",
    async (mark) => {
      const little = Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");
      const big = Buffer.from(little).swap16();
      for (const [bytes, name] of [
        [little, "UTF-16LE"],
        [big, "UTF-16BE"],
      ] as const) {
        expect(await rowsOf("a.csv", Uint8Array.from(bytes))).toEqual(expected);
        const profile = await profileOf("a.csv", Uint8Array.from(bytes));
        expect(issueOf(profile, "encoding")?.message).toContain(name);
      }
    },
  );

  it("UTF-8 that ends inside a character is still UTF-8", async () => {
    const bytes = new TextEncoder().encode("city,n\nKöln,1\nZürich,2\nBern,ü");
    const profile = await profileOf("a.csv", bytes.subarray(0, -1));
    expect(issueOf(profile, "encoding")).toBeUndefined();
    expect(columnOf(profile, "city").examples).toContain("Köln");
  });
});

describe("shape", () => {
  it("200 columns are read", async () => {
    const header = Array.from({ length: 200 }, (_, index) => `c${index}`).join(",");
    const line = Array.from({ length: 200 }, (_, index) => index).join(",");
    const profile = await profileOf("wide.csv", `${header}\n${line}\n${line}\n`);
    expect(profile.columns).toHaveLength(200);
    expect(columnOf(profile, "c199").max).toBe(199);
  });

  it("a table without a number is profiled", async () => {
    const profile = await profileOf("a.csv", "name,city\nAnn,Bern\nBob,Ulm\n");
    expect(profile.columns.map(({ type }) => type)).toEqual(["text", "text"]);
  });

  it("120,000 rows are read completely, and in file order", async () => {
    const lines = ["order_id,amount"];
    for (let row = 0; row < 120_000; row += 1) lines.push(`O-${row},${row}.25`);
    const { open } = await fixture();
    const session = await open("big.csv", lines.join("\n"));
    const { rows } = await session.query("SELECT count(*), sum(amount) FROM big");
    expect(rows).toEqual([[120_000, 7_199_970_000]]);
    let next = 0;
    for await (const chunk of session.scan("big", ["order_id"])) {
      for (const [id] of chunk) {
        if (id !== `O-${next}`) throw new Error(`${String(id)} stands at ${next}`);
        next += 1;
      }
    }
    expect(next).toBe(120_000);
  });

  it("tables are named after their files, uniquely", async () => {
    const { put, engine } = await fixture();
    const sources = [
      await put("2026 Sales-Report.csv", "a,b\nx,1\n"),
      await put("order.csv", "a,b\nx,2\n"),
      await put("Order.json", '[{"a":"x","b":3}]'),
    ];
    const session = await engine.open(sources);
    expect(session.profiles.map(({ name }) => name).toSorted()).toEqual([
      "order_",
      "order__2",
      "t_2026_sales_report",
    ]);
    for (const { name } of session.profiles) {
      expect((await session.query(`SELECT b FROM ${name}`)).rows).toHaveLength(1);
    }
  });
});
