// Pages cut into passages: a paragraph or a few, small enough to be quoted, each verbatim.
import type { DocumentPage } from "../../ports/index.ts";
import type { Passage, SourceRef } from "../../protocol/index.ts";

/** A passage is closed once it has this many words … */
const ENOUGH_WORDS = 120;
/** … and a paragraph that would make it longer than this begins the next. */
const MOST_WORDS = 180;

const oneSpaced = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
const countWords = (text: string): number => (text === "" ? 0 : text.split(" ").length);

/** A paragraph that is longer than a passage may be, cut at sentence ends, or between words if need be. */
const cutLong = (paragraph: string): string[] => {
  if (countWords(paragraph) <= MOST_WORDS) return [paragraph];
  return paragraph.split(/(?<=[.!?…。！？]["'”’)\]]?) /u).flatMap((sentence) => {
    const words = sentence.split(" ");
    const parts: string[] = [];
    for (let at = 0; at < words.length; at += MOST_WORDS)
      parts.push(words.slice(at, at + MOST_WORDS).join(" "));
    return parts;
  });
};

/** Passages of one page's text, in order; joined by spaces they are the page. */
export const cutPage = (text: string): string[] => {
  const pieces = text
    .split(/\n\s*\n/)
    .map(oneSpaced)
    .filter((paragraph) => paragraph !== "")
    .flatMap(cutLong);
  const passages: string[] = [];
  let open = "";
  for (const piece of pieces) {
    const words = countWords(open);
    if (open !== "" && (words >= ENOUGH_WORDS || words + countWords(piece) > MOST_WORDS)) {
      passages.push(open);
      open = "";
    }
    open = open === "" ? piece : `${open} ${piece}`;
  }
  if (open !== "") passages.push(open);
  return passages;
};

/** `Market Notes (2).pdf` -> `market-notes-2`. */
const slugOf = (name: string): string => {
  const base = name.replace(/\.[^.]+$/, "").normalize("NFKD");
  const slug = base
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 48)
    .replaceAll(/^-+|-+$/g, "");
  return slug === "" ? "document" : slug;
};

/** Gives each wish a name of its own: the wish, or the wish with a number. */
const namer = () => {
  const taken = new Set<string>();
  return (wish: string): string => {
    let name = wish;
    for (let n = 2; taken.has(name); n++) name = `${wish}-${n}`;
    taken.add(name);
    return name;
  };
};

/**
 * Passages of some documents. Ids (`market-notes-p2-3`: file, page, count on the page) are the same
 * for the same documents in the same order.
 */
export const cutDocuments = (
  documents: readonly { source: SourceRef; pages: readonly DocumentPage[] }[],
): Passage[] => {
  const nameFile = namer();
  const namePassage = namer();
  return documents.flatMap(({ source, pages }) => {
    const slug = nameFile(slugOf(source.name));
    return pages.flatMap(({ page, text }) =>
      cutPage(text).map((passage, at): Passage => ({
        id: namePassage(`${slug}${page === undefined ? "" : `-p${page}`}-${at + 1}`),
        text: passage,
        file: source.name,
        sha256: source.sha256,
        ...(page === undefined ? {} : { page }),
      })),
    );
  });
};
