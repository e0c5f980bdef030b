// The readable text of an HTML page: no scripts, styles, templates, hidden parts or link targets.
import { convert, type HtmlToTextOptions } from "html-to-text";
import type { DocumentPage } from "../../ports/index.ts";
import { decodeText } from "./plain-text.ts";

const DROPPED = ["script", "style", "noscript", "template", "iframe", "svg", "img", "[hidden]"];
const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"];

const options: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxDepth: 200 },
  selectors: [
    ...DROPPED.map((selector) => ({ selector, format: "skip" })),
    ...HEADINGS.map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: "a", options: { ignoreHref: true } },
    { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
  ],
};

/** The charset a page names in its first bytes, when this platform knows it. */
const declaredCharset = (bytes: Uint8Array): string | undefined => {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 2048));
  const label = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1];
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an unknown label is as good as none
    throw error;
  }
};

export const readHtml = (name: string, bytes: Uint8Array): DocumentPage[] => [
  { text: convert(decodeText(name, bytes, declaredCharset(bytes)), options) },
];
