// The documents in the four formats that retrieval reads.
import { Document, toBuffer } from "@cj-tech-master/excelts/word";
import Pdf from "pdfkit";
import { repack } from "./archive.ts";
import { MARKET_NOTES, PRICE_CHANGES, REGIONS_TEXT, SALES_POLICY } from "./texts.ts";

const WRITTEN = new Date("2026-09-28T08:00:00Z");

/** One chapter a page, uncompressed: the bytes must not depend on a build of zlib. */
const policyPdf = async (): Promise<Uint8Array> => {
  const info = { Title: "Sales policy", Author: "Brightmoor Office Supplies" };
  const pdf = new Pdf({
    size: "A4",
    margin: 72,
    compress: false,
    autoFirstPage: false,
    info: { ...info, CreationDate: WRITTEN, ModDate: WRITTEN },
  });
  const chunks: Buffer[] = [];
  pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise((resolve, reject) => pdf.on("end", resolve).on("error", reject));
  for (const { heading, paragraphs } of SALES_POLICY) {
    pdf.addPage();
    pdf.font("Helvetica").fontSize(9).text("Brightmoor Office Supplies: sales policy");
    pdf.moveDown(2).font("Helvetica-Bold").fontSize(18).text(heading).moveDown();
    pdf.font("Helvetica").fontSize(11);
    for (const paragraph of paragraphs) pdf.text(paragraph, { lineGap: 3 }).moveDown();
  }
  pdf.end();
  await done;
  return new Uint8Array(Buffer.concat(chunks));
};

const marketDocx = async (): Promise<Uint8Array> => {
  const doc = Document.create();
  Document.useDefaultStyles(doc);
  Document.setCoreProperties(doc, {
    title: "Market notes, September 2026",
    creator: "Brightmoor Office Supplies",
    created: WRITTEN,
    modified: WRITTEN,
  });
  Document.addHeading(doc, "Market notes, September 2026", 1);
  for (const { heading, paragraphs } of MARKET_NOTES) {
    Document.addHeading(doc, heading, 2);
    for (const paragraph of paragraphs) Document.addParagraph(doc, paragraph);
  }
  return repack(await toBuffer(Document.build(doc)));
};

const pricesHtml = (): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Price changes of January 2026</title>
  </head>
  <body>
    <h1>Price changes of January 2026</h1>
    <p>The new list prices apply to orders confirmed on or after 1 January 2026. Open offers keep the old price until 31 January.</p>
    <table>
      <tr><th>Product</th><th>Old price, EUR</th><th>New price, EUR</th></tr>
${PRICE_CHANGES.map((row) => `      <tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n")}
    </table>
    <p>The next change of prices is planned for January 2027.</p>
  </body>
</html>
`;

/** File name -> bytes. */
export const makeDocuments = async (): Promise<Record<string, Uint8Array>> => ({
  "sales-policy.pdf": await policyPdf(),
  "market-notes.docx": await marketDocx(),
  "price-changes.html": Buffer.from(pricesHtml()),
  "regions.md": Buffer.from(REGIONS_TEXT),
});
