import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { detectKind } from "../../../src/tools/index.ts";
import { fixture, workbookBytes } from "./table-fixture.ts";
import { partsOf, zipOf } from "./zip-fixture.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const openError = async (
  name: string,
  content: string | Uint8Array,
  limits = {},
): Promise<unknown> => {
  const { open } = await fixture(limits);
  return open(name, content).then(
    () => "it opened",
    (error: unknown) => error,
  );
};

const unreadable = (words: RegExp) => ({
  code: "INPUT_UNREADABLE",
  message: expect.stringMatching(words) as string,
  hint: expect.stringMatching(/\w/) as string,
});

describe("a file that cannot be read says why and what to do", () => {
  it.each<[string, string, string | Uint8Array, RegExp]>([
    ["an empty file", "a.csv", "", /empty/],
    ["blank lines", "a.csv", "\n \n", /empty/],
    ["a header alone", "a.csv", "a,b,c\n", /no rows/],
    ["an empty list", "a.json", "[]", /no rows/],
    ["random bytes as CSV", "a.csv", new Uint8Array(randomBytes(5000)), /binary/],
    ["NUL bytes in text", "a.csv", "a,b\n1,\0\n", /NUL/],
    ["control characters", "a.csv", `a,b\n${"\u0001\u0002".repeat(50)}`, /binary/],
    ["broken JSON", "a.json", '[{"a":1},', /not valid JSON/],
    ["a broken line", "a.ndjson", '{"a":1}\n{"a":\n', /line 2/],
    ["JSON that is no table", "a.json", '"words"', /not one list/],
    ["JSON nested a hundred thousand deep", "a.json", "[".repeat(100_000), /not valid JSON/],
    ["text as XLSX", "a.xlsx", "a,b\n1,2\n", /not a real \.xlsx/],
    ["text as Parquet", "a.parquet", "a,b\n1,2\n", /not a real \.parquet/],
    ["a cut Parquet file", "a.parquet", "PAR1aaaaaaaaaaaaaaaaaaaa", /not readable as Parquet/],
    ["a zip cut off", "a.xlsx", "PK\u0003\u0004xl/workbook.xml", /not a sound zip/],
    [
      "an old Office file",
      "a.xlsx",
      new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]),
      /old Office/,
    ],
    [
      "an encrypted workbook",
      "a.xlsx",
      Uint8Array.from([0xd0, 0xcf, 0x11, 0xe0, ...Buffer.from("EncryptedPackage", "utf16le")]),
      /password/,
    ],
    ["a PDF given as a table", "a.csv", "%PDF-1.7 …", /is a PDF/],
  ])("%s", async (_, name, content, words) => {
    expect(await openError(name, content)).toMatchObject(unreadable(words));
  });

  it("a zip that is no workbook", async () => {
    const bytes = zipOf(new Map([["hello.txt", "hello"]]));
    expect(await openError("a.xlsx", bytes)).toMatchObject(unreadable(/no workbook/));
  });

  it("a workbook without data, and one whose sheet is rubbish", async () => {
    const empty = await workbookBytes((workbook) => workbook.addWorksheet("S"));
    expect(await openError("a.xlsx", empty)).toMatchObject(unreadable(/no sheet with data/));
    const parts = await partsOf(empty);
    const broken = zipOf(parts.set("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row"));
    expect(await openError("a.xlsx", broken)).toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  it("an encrypted zip entry", async () => {
    const parts = new Map([["xl/workbook.xml", "x"]]);
    const bytes = zipOf(parts, { encrypted: true });
    expect(await openError("a.xlsx", bytes)).toMatchObject(unreadable(/password/));
  });
});

/** A workbook whose sheet unpacks to 20 MiB. */
const bomb = async (lies = {}): Promise<Uint8Array> => {
  const bytes = await workbookBytes((workbook) => workbook.addWorksheet("S").addRow(["a"]));
  const parts = await partsOf(bytes);
  return zipOf(parts.set("xl/worksheets/sheet1.xml", "0".repeat(20 * 2 ** 20)), lies);
};

describe("a file that is too large is refused before it fills the memory", () => {
  const limits = { unpackedBytes: 2 ** 20 };

  it("a zip bomb by its declared size", async () => {
    const bytes = await bomb();
    expect(bytes.length).toBeLessThan(100_000);
    expect(await openError("a.xlsx", bytes, limits)).toMatchObject({ code: "INPUT_TOO_LARGE" });
  });

  it("a zip bomb that declares a small size", async () => {
    const bytes = await bomb({ size: 30_000 });
    expect(await openError("a.xlsx", bytes, limits)).toMatchObject({
      code: expect.stringMatching(/INPUT_TOO_LARGE|INPUT_UNREADABLE/) as string,
    });
    const lying = zipOf(new Map([["xl/workbook.xml", "0".repeat(20 * 2 ** 20)]]), { size: 1000 });
    expect(await openError("a.xlsx", lying, limits)).toMatchObject({ code: "INPUT_TOO_LARGE" });
  });

  it.each([
    ["bytes", { fileBytes: 10 }, /MiB/],
    ["rows", { rows: 2 }, /more than 2 rows/],
    ["columns", { columns: 2 }, /more than 2 columns/],
    ["cells", { cells: 5 }, /more than 5 cells/],
  ])("by its %s", async (_, small, words) => {
    expect(await openError("a.csv", "a,b,c\n1,2,3\n4,5,6\n7,8,9\n", small)).toMatchObject({
      code: "INPUT_TOO_LARGE",
      message: expect.stringMatching(words) as string,
    });
  });
});

describe("intake tells tables from documents", () => {
  it.each<[string, string, string, string]>([
    ["a.csv", "a,b\n1,2", "table", "text/csv"],
    ["A.TSV", "a\tb", "table", "text/tab-separated-values"],
    ["a.json", "[]", "table", "application/json"],
    ["a.jsonl", "{}", "table", "application/x-ndjson"],
    ["a.parquet", "PAR1", "table", "application/vnd.apache.parquet"],
    [
      "a.xlsx",
      "PK\u0003\u0004",
      "table",
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
    ["a.pdf", "%PDF-1.4", "document", "application/pdf"],
    [
      "a.docx",
      "PK\u0003\u0004",
      "document",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
    ["a.htm", "<p>x", "document", "text/html"],
    ["notes.md", "# x", "document", "text/markdown"],
    ["notes.txt", "a,b\n1,2", "document", "text/plain"],
    ["README", "Some words.\nMore words.", "document", "text/plain"],
    ["export", "a;b\n1;2\n3;4", "table", "text/csv"],
    ["export.dat", "a;b\n1;2\n3;4", "table", "text/csv"],
    ["dump", '{"a":1}', "table", "application/json"],
    ["page", "<!DOCTYPE html><p>", "document", "text/html"],
  ])("%s", (name, content, kind, mime) => {
    expect(detectKind(name, bytesOf(content))).toEqual({ kind, mime });
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ["empty.csv", "", /empty/],
    ["photo.png", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]), /image/],
    ["a.gz", new Uint8Array([0x1f, 0x8b, 8, 0]), /gzip/],
    ["sales.xls", new Uint8Array([0xd0, 0xcf, 0x11, 0xe0]), /old Office/],
    ["a.zip", "PK\u0003\u0004xl/workbook", /XLSX workbook/],
    ["a.bin", new Uint8Array(randomBytes(3000)), /binary|NUL/],
    ["a.pdf", "no pdf", /not a real \.pdf/],
    ["a.docx", "words", /not a real \.docx/],
    ["a.csv", "PK\u0003\u0004xl/workbook", /is named \.csv but is an XLSX workbook/],
    ["a.txt", new Uint8Array([65, 0, 66, 7, 0, 8]), /NUL/],
    ["slides.key", "words only", /type that is not read/],
  ])("%s is neither", (name, content, words) => {
    const bytes = typeof content === "string" ? bytesOf(content) : content;
    expect(() => detectKind(name, bytes)).toThrow(words);
    expect(() => detectKind(name, bytes)).toThrow(
      expect.objectContaining({ code: "INPUT_UNREADABLE" }),
    );
  });
});
