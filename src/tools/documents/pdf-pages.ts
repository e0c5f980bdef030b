// Text of a PDF, page by page. Paragraphs are told apart by the gaps between lines.
import { getDocumentProxy } from "unpdf";
import { messageOf } from "../../errors.ts";
import type { DocumentPage } from "../../ports/index.ts";
import { type Checkpoint, type DocumentLimits, tooLarge, unreadable } from "./document-limits.ts";

/** A gap of more than this many font sizes between two lines begins a paragraph. */
const PARAGRAPH_GAP = 1.7;

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;
type TextContent = Awaited<ReturnType<Awaited<ReturnType<Pdf["getPage"]>>["getTextContent"]>>;

/** The items of one page in reading order as lines, with blank lines between paragraphs. */
const joinItems = (items: TextContent["items"]): string => {
  let text = "";
  let lineAt: number | undefined;
  for (const item of items) {
    if (!("str" in item)) continue;
    const end = item.hasEOL ? "\n" : "";
    if (item.str.trim() === "") {
      text += item.str + end;
      continue;
    }
    const [, , c, d, , y] = item.transform as number[]; // a PDF matrix: scale, and the baseline's height
    const gap = lineAt === undefined ? 0 : Math.abs(lineAt - (y ?? 0));
    if (text.endsWith("\n") && gap > PARAGRAPH_GAP * Math.hypot(c ?? 0, d ?? 0)) text += "\n";
    text += item.str + end;
    lineAt = y;
  }
  return text;
};

const openPdf = async (name: string, bytes: Uint8Array): Promise<Pdf> => {
  try {
    // A copy: pdf.js takes the buffer away from its owner.
    return await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0 });
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException")
      throw unreadable(name, "is encrypted", "Save a copy without a password.", error);
    throw damaged(name, `is damaged or no PDF (${messageOf(error)})`, error);
  }
};

const damaged = (name: string, what: string, cause: unknown) =>
  unreadable(name, what, "Open and save it again with a PDF program.", cause);

const readPage = async (name: string, pdf: Pdf, page: number): Promise<DocumentPage> => {
  try {
    const content = await (await pdf.getPage(page)).getTextContent();
    return { page, text: joinItems(content.items) };
  } catch (error) {
    throw damaged(name, `is damaged on page ${page} (${messageOf(error)})`, error);
  }
};

export const readPdf = async (
  name: string,
  bytes: Uint8Array,
  limits: DocumentLimits,
  check: Checkpoint,
): Promise<DocumentPage[]> => {
  const pdf = await openPdf(name, bytes);
  try {
    if (pdf.numPages > limits.pages)
      throw tooLarge(name, `has ${pdf.numPages} pages; at most ${limits.pages} are read`, {
        pages: pdf.numPages,
        limit: limits.pages,
      });
    const pages: DocumentPage[] = [];
    for (let page = 1; page <= pdf.numPages; page++) {
      check();
      pages.push(await readPage(name, pdf, page));
    }
    return pages;
  } finally {
    await pdf.loadingTask.destroy();
  }
};
