import { extractText, getDocumentProxy, getMeta } from "unpdf";
import { beforeAll, describe, expect, it } from "vitest";
import { formatCell, ToolFailure } from "../../../src/protocol/index.ts";
import { makeDocument, toolbox } from "./make-report.ts";
import { reportSpec } from "./sample-report.ts";
import { SAMPLE_TABLES } from "./sample-tables.ts";

const squeeze = (text: string): string => text.replace(/\s+/g, "");

describe("report.pdf", () => {
  let bytes: Uint8Array;
  let pages: string[];
  let all: string;
  beforeAll(async () => {
    ({ bytes } = await makeDocument("pdf"));
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(bytes)), {
      mergePages: false,
    });
    pages = text;
    all = squeeze(text.join(" "));
  });

  it.each(
    SAMPLE_TABLES.filter(({ id }) => id !== "trend").map((table) => [table.id, table] as const),
  )("shows every figure of %s", (_id, table) => {
    const shown = table.rows.flatMap((row) =>
      table.columns.flatMap((column, at) =>
        column.role === "figure" ? [formatCell(row[at] ?? null, column)] : [],
      ),
    );
    expect(shown.filter((text) => !all.includes(squeeze(text)))).toEqual([]);
  });

  it("shows figures of the table in their rows", () => {
    expect(all).toContain(squeeze("North €412,874.52 €398,112.10 €14,762.42 +3.7% €420,000.00"));
  });

  it("shows the summary, the statements and the cited passage", () => {
    expect(all).toContain(
      squeeze("Revenue was €1,864,223.17 in September 2026, +4.1% against August"),
    );
    expect(all).toContain(squeeze("Islands & overseas territories with €231,428.08, -11.0%"));
    expect(all).toContain(squeeze("[1] contract.pdf, page 3:"));
  });

  it("says that nothing was found, what is not covered, and the sources", () => {
    for (const text of ["None found.", "Not covered", "“customer satisfaction”", "a".repeat(64)]) {
      expect(all).toContain(squeeze(text));
    }
  });

  it("repeats the heading of a long table on every page, and numbers the pages", () => {
    const long = pages.filter((page) => /A-1\d\d\d/.test(page));
    expect(long.length).toBeGreaterThan(5);
    for (const page of long) expect(squeeze(page)).toContain("OrderDateCustomerAmountDiscount");
    pages.forEach((page, i) => expect(squeeze(page)).toContain(`Page${i + 1}of${pages.length}`));
  });

  it("keeps text of any script, and marks what the font lacks", () => {
    for (const text of [
      "<script>alert(1)</script>",
      "naïve façade",
      "😀",
      "{{totals.0.revenue}}",
    ]) {
      expect(all).toContain(squeeze(text));
    }
    expect(all).toContain("□□kana");
    expect(all).toContain(squeeze("Characters that the embedded font lacks"));
  });

  it("has a title, a language, tags and an outline", async () => {
    const document = await getDocumentProxy(new Uint8Array(bytes));
    const { info } = await getMeta(document);
    expect(info["Title"]).toBe("Monthly sales report");
    const outline = await document.getOutline();
    expect(outline.map(({ title }) => title)).toContain("Revenue by region");
    const tree = JSON.stringify(await (await document.getPage(1)).getStructTree());
    for (const tag of ["H1", "Figure", "Table", "TH"]) expect(tree).toContain(`"${tag}"`);
    expect(Buffer.from(bytes).toString("latin1")).toContain("/Lang (en-GB)");
  });

  it("has the same bytes for the same content", async () => {
    const again = await makeDocument("pdf");
    expect(Buffer.from(again.bytes).equals(Buffer.from(bytes))).toBe(true);
  });
});

describe("a document is refused", () => {
  const section = { heading: "H", tables: [], charts: [] };
  const refused: [string, unknown, RegExp][] = [
    ["over an unknown table", { ...section, tables: ["x"] }, /no verified table is called x/],
    ["over an unknown chart", { ...section, charts: ["x"] }, /no chart is called x/],
    [
      "over an unknown section",
      { ...section, narrative: "x" },
      /no verified narrative has a section x/,
    ],
  ];
  it.each(refused)("%s", async (_name, one, reason) => {
    const { call } = toolbox();
    for (const kind of ["pdf", "dashboard"]) {
      const result = await call(kind, { report: { title: "T", sections: [one] }, charts: [] });
      expect(ToolFailure.parse(result).error.message).toMatch(reason);
    }
  });

  it("with more rows than allowed", async () => {
    const { call } = toolbox({ limits: { pdfRows: 100, dashboardRows: 100 } });
    for (const kind of ["pdf", "dashboard"]) {
      const { error } = ToolFailure.parse(await call(kind, { report: reportSpec, charts: [] }));
      expect(error.hint).toContain("orders, which has 300");
    }
  });

  it("when the file would be larger than allowed", async () => {
    const { call } = toolbox({ limits: { fileBytes: 1000 } });
    const report = { title: "T", sections: [{ ...section, tables: ["trend"] }] };
    const { error } = ToolFailure.parse(await call("pdf", { report, charts: [] }));
    expect(error.message).toMatch(/report\.pdf has \d+ bytes/);
  });
});
