// Text of documents by page: PDF, DOCX, HTML, plain text and Markdown, each once per content.
import { TuttiError } from "../../errors.ts";
import type { ArtifactStore, DocumentPage, DocumentReader } from "../../ports/index.ts";
import type { SourceRef } from "../../protocol/index.ts";
import { type DocumentFormat, documentFormat } from "./document-format.ts";
import {
  type Checkpoint,
  DEFAULT_DOCUMENT_LIMITS,
  type DocumentLimits,
  tooLarge,
  unreadable,
} from "./document-limits.ts";
import { readDocx } from "./docx-text.ts";
import { readHtml } from "./html-text.ts";
import { readPdf } from "./pdf-pages.ts";
import { decodeText } from "./plain-text.ts";

/** Documents kept in memory; the least recently read goes first. */
const CACHED_DOCUMENTS = 64;

export interface DocumentReaderOptions {
  readonly store: ArtifactStore;
  readonly limits?: Partial<DocumentLimits>;
}

/** One normal form, so that a passage and the page it came from agree; no soft hyphens, no trailing blanks. */
const tidy = (text: string): string =>
  text
    .normalize("NFC")
    .replaceAll(/\r\n?|\f/g, "\n")
    .replaceAll("\u00ad", "")
    .replaceAll("\0", "")
    .replaceAll(/[^\S\n]+\n/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();

type Read = (
  name: string,
  bytes: Uint8Array,
  limits: DocumentLimits,
  check: Checkpoint,
) => DocumentPage[] | Promise<DocumentPage[]>;

const READERS: Record<DocumentFormat, Read> = {
  pdf: readPdf,
  docx: readDocx,
  html: readHtml,
  text: (name, bytes) => [{ text: decodeText(name, bytes) }],
};

const noText = (name: string, pages: readonly DocumentPage[]): TuttiError =>
  pages.some((page) => page.page !== undefined)
    ? unreadable(
        name,
        "has no text: its pages are pictures",
        "It may be a scan; run text recognition (OCR) on it first.",
      )
    : unreadable(name, "has no text", "Check that the file is the right one.");

const readDocument = async (
  source: SourceRef,
  bytes: Uint8Array,
  limits: DocumentLimits,
): Promise<DocumentPage[]> => {
  const { name } = source;
  if (bytes.length === 0) throw unreadable(name, "is empty", "Check that the file is complete.");
  if (bytes.length > limits.bytes)
    throw tooLarge(name, `has ${bytes.length} bytes; at most ${limits.bytes} are read`, {
      bytes: bytes.length,
      limit: limits.bytes,
    });
  const deadline = performance.now() + limits.seconds * 1000;
  const check = () => {
    if (performance.now() > deadline)
      throw tooLarge(name, `took more than ${limits.seconds} seconds to read`, {
        seconds: limits.seconds,
      });
  };
  const read = await READERS[documentFormat(name, bytes)](name, bytes, limits, check);
  const pages = read.map((page) => ({ ...page, text: tidy(page.text) }));
  if (pages.every((page) => page.text === "")) throw noText(name, pages);
  return pages;
};

/** Rejects as soon as the signal says so; the work itself goes on, for others who wait for it. */
const orAbort = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(new TuttiError("CANCELLED", "Reading a document was stopped"));
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
};

/** A reader of stored documents. What was read is kept by content and name, failures are not. */
export const createDocumentReader = (options: DocumentReaderOptions): DocumentReader => {
  const limits = { ...DEFAULT_DOCUMENT_LIMITS, ...options.limits };
  const cache = new Map<string, Promise<DocumentPage[]>>();

  const load = async (source: SourceRef) =>
    readDocument(source, await options.store.get(source.sha256), limits);

  const cached = (source: SourceRef): Promise<DocumentPage[]> => {
    const key = `${source.sha256} ${source.name}`; // the name decides the format
    const work = cache.get(key) ?? load(source);
    cache.delete(key);
    cache.set(key, work);
    const oldest = cache.keys().next().value;
    if (cache.size > CACHED_DOCUMENTS && oldest !== undefined) cache.delete(oldest);
    work.catch(() => {
      if (cache.get(key) === work) cache.delete(key);
    });
    return work;
  };

  return { pages: (source, signal) => orAbort(cached(source), signal) };
};
