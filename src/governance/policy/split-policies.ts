// Cuts a file into its policies. Each is parsed by itself: it keeps its annotations and its place.

export interface PolicyText {
  readonly text: string;
  /** Where in the file the text begins, in UTF-16 units. */
  readonly start: number;
}

/** Comments and quoted texts, in which a semicolon ends nothing; else the semicolon that does. */
const TOKEN = /\/\/[^\n]*|"(?:\\[^]|[^"\\])*"?|;/gu;
/** Comments and white space before a policy. */
const BEFORE = /^(?:\s+|\/\/[^\n]*(?:\n|$))*/u;

/** A last part without a semicolon is returned too, for the parser to say what is missing. */
export const splitPolicies = (source: string): PolicyText[] => {
  const parts: PolicyText[] = [];
  let from = 0;
  const add = (to: number): void => {
    const part = source.slice(from, to);
    const lead = BEFORE.exec(part)?.[0].length ?? 0;
    if (lead < part.length) parts.push({ text: part.slice(lead), start: from + lead });
    from = to;
  };
  for (const match of source.matchAll(TOKEN)) if (match[0] === ";") add(match.index + 1);
  add(source.length);
  return parts;
};

/** Line and column, from 1, of a place in a text. */
export const placeOf = (source: string, at: number): { line: number; column: number } => {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  return { line, column: at - before.lastIndexOf("\n") };
};

/** The place in UTF-16 units of an offset in bytes, as Cedar counts. */
export const unitsOfBytes = (text: string, bytes: number): number =>
  Buffer.from(text).subarray(0, bytes).toString().length;
