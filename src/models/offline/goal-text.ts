// A goal's text with a note of which words have been understood, so that the rest can be named.
import { stem } from "./words.ts";

export interface GoalToken {
  readonly text: string;
  /** Lower case, without a possessive `'s`. */
  readonly word: string;
  readonly stem: string;
  readonly start: number;
  readonly end: number;
  /** True when punctuation stands between the token before and this one. */
  readonly breakBefore: boolean;
  taken: boolean;
}

export interface GoalMatch {
  readonly groups: readonly (string | undefined)[];
  readonly phrase: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = /[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu;

const tokensOf = (text: string): GoalToken[] => {
  const tokens: GoalToken[] = [];
  let before = 0;
  for (const match of text.matchAll(TOKEN)) {
    const word = match[0].toLowerCase().replace(/['’]s$/, "");
    tokens.push({
      text: match[0],
      word,
      stem: stem(word),
      start: match.index,
      end: match.index + match[0].length,
      breakBefore: /[,.;:!?()]/.test(text.slice(before, match.index)),
      taken: false,
    });
    before = match.index + match[0].length;
  }
  return tokens;
};

export class GoalText {
  readonly text: string;
  readonly lower: string;
  readonly tokens: readonly GoalToken[];

  constructor(text: string) {
    this.text = text.normalize("NFC");
    const lower = this.text.toLowerCase();
    // A few letters change their length in lower case; then positions would not fit.
    this.lower = lower.length === this.text.length ? lower : this.text;
    this.tokens = tokensOf(this.text);
  }

  /** Tokens that lie wholly or partly in a range. */
  within(start: number, end: number): GoalToken[] {
    return this.tokens.filter((token) => token.start < end && token.end > start);
  }

  take(start: number, end: number): void {
    for (const token of this.within(start, end)) token.taken = true;
  }

  /** Matches of a pattern that touch no word understood before; the pattern sees lower case. */
  matches(pattern: RegExp): GoalMatch[] {
    const found: GoalMatch[] = [];
    for (const match of this.lower.matchAll(new RegExp(pattern.source, "gu"))) {
      const start = match.index;
      const end = start + match[0].length;
      if (this.within(start, end).some((token) => token.taken)) continue;
      found.push({ groups: match, phrase: this.text.slice(start, end).trim(), start, end });
    }
    return found;
  }

  /** Takes every match of a pattern; tells whether there was one. */
  takeAll(pattern: RegExp): GoalMatch[] {
    const found = this.matches(pattern);
    for (const { start, end } of found) this.take(start, end);
    return found;
  }

  phrase(tokens: readonly GoalToken[]): string {
    const first = tokens[0];
    const last = tokens.at(-1);
    return first === undefined || last === undefined ? "" : this.text.slice(first.start, last.end);
  }

  /** `length` free tokens from an index, with no punctuation between them; else undefined. */
  run(index: number, length: number): GoalToken[] | undefined {
    const run = this.tokens.slice(index, index + length);
    if (run.length < length || run.some(({ taken }) => taken)) return undefined;
    return run.slice(1).some(({ breakBefore }) => breakBefore) ? undefined : run;
  }
}
