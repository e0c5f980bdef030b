// Small documents made on the spot: PDF by pdfkit, Word files as hand-made zip archives.
import { crc32, deflateRawSync } from "node:zlib";
import PdfWriter from "pdfkit";
import type { ArtifactStore } from "../../../src/ports/index.ts";
import type { SourceRef } from "../../../src/protocol/index.ts";

/** One paragraph per text, one page per list. */
export const makePdf = (
  pages: readonly (readonly string[])[],
  options: PDFKit.PDFDocumentOptions = {},
): Promise<Buffer> =>
  new Promise((resolve) => {
    const pdf = new PdfWriter({ ...options, autoFirstPage: false });
    const chunks: Buffer[] = [];
    pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
    pdf.on("end", () => resolve(Buffer.concat(chunks)));
    for (const paragraphs of pages) {
      pdf.addPage().fontSize(11);
      for (const paragraph of paragraphs) pdf.text(paragraph).moveDown();
      if (paragraphs.length === 0) pdf.rect(50, 50, 200, 200).fill("grey");
    }
    pdf.end();
  });

interface ZipEntry {
  name: string;
  content: Buffer;
  /** What the archive says the unpacked size is; the truth when absent. */
  claimed?: number;
}

const header = (signature: number, { name, content, claimed }: ZipEntry, packed: Buffer) => {
  const central = signature === 0x02014b50;
  const bytes = Buffer.alloc(central ? 46 : 30);
  const at = central ? 2 : 0;
  bytes.writeUInt32LE(signature, 0);
  bytes.writeUInt16LE(20, 4);
  bytes.writeUInt16LE(central ? 20 : 0, 6);
  bytes.writeUInt16LE(8, 8 + at);
  bytes.writeUInt32LE(crc32(content), 14 + at);
  bytes.writeUInt32LE(packed.length, 18 + at);
  bytes.writeUInt32LE(claimed ?? content.length, 22 + at);
  bytes.writeUInt16LE(Buffer.byteLength(name), 26 + at);
  return bytes;
};

export const makeZip = (entries: readonly ZipEntry[]): Buffer => {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = deflateRawSync(entry.content);
    const local = Buffer.concat([
      header(0x04034b50, entry, packed),
      Buffer.from(entry.name),
      packed,
    ]);
    const central = header(0x02014b50, entry, packed);
    central.writeUInt32LE(offset, 42);
    locals.push(local);
    centrals.push(central, Buffer.from(entry.name));
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};

const RELS = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`;
const TYPES = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`;

export const makeDocx = (
  paragraphs: readonly string[],
  extra: readonly ZipEntry[] = [],
): Buffer => {
  const body = paragraphs.map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`).join("");
  const xml = `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`;
  return makeZip([
    { name: "[Content_Types].xml", content: Buffer.from(TYPES) },
    { name: "_rels/.rels", content: Buffer.from(RELS) },
    { name: "word/document.xml", content: Buffer.from(xml) },
    ...extra,
  ]);
};

/** A document put into a store, as intake does it. */
export const storeDocument = async (
  store: ArtifactStore,
  name: string,
  content: Uint8Array | string,
): Promise<SourceRef> => {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const file = await store.put(bytes, { name, mime: "application/octet-stream" });
  return { ...file, kind: "document" };
};
