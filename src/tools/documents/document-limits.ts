// How much of a document is read before it is refused, and the errors that say so.
import { TuttiError } from "../../errors.ts";

export interface DocumentLimits {
  /** Size of the file; default 50 MiB. */
  readonly bytes: number;
  /** Size of the text, or of an unpacked Word document; default 200 MiB. */
  readonly unpackedBytes: number;
  /** Default 2,000. */
  readonly pages: number;
  /** Default 30. Checked between pages and archive entries: the parsers cannot be stopped inside one. */
  readonly seconds: number;
}

export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = {
  bytes: 50 * 2 ** 20,
  unpackedBytes: 200 * 2 ** 20,
  pages: 2000,
  seconds: 30,
};

export const unreadable = (name: string, what: string, hint: string, cause?: unknown): TuttiError =>
  new TuttiError("INPUT_UNREADABLE", `${name} ${what}`, { hint, cause });

export const tooLarge = (name: string, what: string, data: Record<string, number>): TuttiError =>
  new TuttiError("INPUT_TOO_LARGE", `${name} ${what}`, {
    hint: "Split the document, or give only the part that matters.",
    data,
  });

/** Throws when the document's time is up or the work was aborted; called between pages and entries. */
export type Checkpoint = () => void;
