// Changing one thing inside a finished file: a cell of a workbook, a number of a page or a PDF.
import { createRequire } from "node:module";
import { unzip, zip } from "@cj-tech-master/excelts/archive";
import ExcelJS from "exceljs";
import Pdf from "pdfkit";
import { extractText, getDocumentProxy } from "unpdf";

const FONT = createRequire(import.meta.url).resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");

/** Applies a change to the XML parts whose path matches; undefined when nothing changed. */
export const changeParts = async (
  bytes: Uint8Array,
  path: RegExp,
  change: (xml: string) => string,
): Promise<Uint8Array | undefined> => {
  const archive = zip({ reproducible: true });
  let changed = false;
  for await (const entry of unzip(bytes).entries()) {
    if (entry.type !== "file") continue;
    const data = await entry.bytes();
    const before = path.test(entry.path) ? new TextDecoder().decode(data) : undefined;
    const after = before === undefined ? undefined : change(before);
    changed ||= before !== after;
    archive.add(entry.path, after ?? data);
  }
  return changed ? archive.bytes() : undefined;
};

/** The pages' text set anew, one page each, after a change to it. */
export const resetPdf = async (
  bytes: Uint8Array,
  change: (page: string) => string,
): Promise<Uint8Array | undefined> => {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(bytes)));
  const changed = text.map(change);
  return changed.join("\f") === text.join("\f") ? undefined : makePdf(changed);
};

export const makePdf = async (pages: readonly string[]): Promise<Uint8Array> => {
  const written = new Date("2026-10-01T06:00:00Z");
  const info = { CreationDate: written, ModDate: written };
  const pdf = new Pdf({ size: "A4", margin: 40, autoFirstPage: false, info });
  const chunks: Buffer[] = [];
  pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise((resolve, reject) => pdf.on("end", resolve).on("error", reject));
  for (const page of pages) pdf.addPage().font(FONT).fontSize(8).text(page);
  pdf.end();
  await done;
  return new Uint8Array(Buffer.concat(chunks));
};

/** A workbook that opens and holds nothing. */
export const emptyWorkbook = async (): Promise<Uint8Array | undefined> => {
  const book = new ExcelJS.Workbook();
  book.addWorksheet("Sheet1");
  const bytes = new Uint8Array(await book.xlsx.writeBuffer());
  // The same seed must give the same bytes, and exceljs writes down when it was.
  const stamp = /(<dcterms:(?:created|modified)[^>]*>)[^<]*/g;
  return changeParts(bytes, /^docProps\/core\.xml$/, (xml) =>
    xml.replace(stamp, (_, tag: string) => `${tag}2026-10-01T06:00:00Z`),
  );
};
