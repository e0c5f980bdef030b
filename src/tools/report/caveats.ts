// What a report must admit, sorted: what was not covered, what was assumed, what is odd in the data.
import { plainText } from "./plain-text.ts";

export interface Caveats {
  readonly notCovered: readonly string[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
}

const NOT_COVERED = /^not covered\s*[:–-]\s*/i;
const ASSUMPTION = /^(assumption|assumed)\s*[:–-]\s*/i;

/** Caveats say what they are by how they begin: `Not covered: …`, `Assumption: …`; all else is a data note. */
export const sortCaveats = (caveats: readonly string[]): Caveats => {
  const lines = [...new Set(caveats.map((caveat) => plainText(caveat).trim()))].filter(Boolean);
  const cut = (prefix: RegExp): string[] =>
    lines.filter((line) => prefix.test(line)).map((line) => line.replace(prefix, ""));
  return {
    notCovered: cut(NOT_COVERED),
    assumptions: cut(ASSUMPTION),
    notes: lines.filter((line) => !NOT_COVERED.test(line) && !ASSUMPTION.test(line)),
  };
};
