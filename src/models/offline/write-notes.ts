// The sections that are not about figures: what the documents say, and what to know about the data.
import type { NarrativeSection, Passage, SpecialistBriefing } from "../../protocol/index.ts";
import { wordsOf } from "./words.ts";

const MAX_QUOTE = 220;
const MAX_PASSAGES = 4;
const MAX_NOTES = 12;

/** The sentence of a passage that shares most words with the goal; cut at a word when it is long. */
const quoteOf = (passage: Passage, wanted: ReadonlySet<string>): string | undefined => {
  const sentences = passage.text.split(/(?<=[.!?])\s+|\n+/).map((text) => text.trim());
  const score = (text: string): number =>
    new Set(wordsOf(text).filter((word) => wanted.has(word))).size;
  const [best] = sentences
    .filter((text) => text.length >= 20 && !/["“”„«»{}[\]]/.test(text))
    .map((text, at) => ({ text, at, score: score(text) }))
    .sort((a, b) => b.score - a.score || a.at - b.at);
  if (best === undefined) return undefined;
  return best.text.length <= MAX_QUOTE
    ? best.text
    : best.text.slice(0, MAX_QUOTE).replace(/\s+\S*$/, "");
};

/** Short verbatim quotations, each with its citation. */
export const backgroundSection = ({
  inputs,
  goal,
}: SpecialistBriefing): NarrativeSection | undefined => {
  const wanted = new Set(wordsOf(goal));
  const statements = inputs.passages.slice(0, MAX_PASSAGES).map((passage) => {
    const quote = quoteOf(passage, wanted);
    return quote === undefined
      ? `A passage of the documents bears on this [[${passage.id}]].`
      : `The documents say: "${quote}" [[${passage.id}]]`;
  });
  return statements.length === 0
    ? undefined
    : { id: "background", heading: "Background from the documents", tables: [], statements };
};

const TYPED =
  /[\p{N}€$£¥{}[\]]|\b(?:EUR|USD|GBP|CHF|JPY)\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|double\w*|hundreds?|thousands?|millions?|dozens?)\b/iu;

const sentence = (text: string): string =>
  /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;

/** Caveats without figures as they are; those with figures are the report's own data notes. */
export const notesSection = ({ caveats }: SpecialistBriefing): NarrativeSection | undefined => {
  if (caveats.length === 0) return undefined;
  const plain = caveats
    .filter((caveat) => !TYPED.test(caveat))
    .slice(0, MAX_NOTES)
    .map(sentence);
  const rest =
    plain.length < caveats.length
      ? ["Remarks that hold figures of their own stand in the data notes of the report."]
      : [];
  return {
    id: "notes",
    heading: "Notes on the data",
    tables: [],
    statements: [...new Set([...plain, ...rest])],
  };
};
