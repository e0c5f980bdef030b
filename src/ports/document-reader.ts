// Text of documents, page by page, as retrieval and the citation check see it.
import type { SourceRef } from "../protocol/index.ts";

export interface DocumentPage {
  /** From 1; absent for formats without pages. */
  page?: number;
  text: string;
}

export interface DocumentReader {
  /** Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
  pages(source: SourceRef, signal?: AbortSignal): Promise<DocumentPage[]>;
}
