// Taking known phrases out of a text before looking for what is not known, without moving the rest.

const escape = (phrase: string): string =>
  phrase.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Words are not cut: `North` is not found in `Northern`. */
export const phrasePattern = (phrase: string, flags = "gu"): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}_])${escape(phrase.trim()).replaceAll(/\s+/g, String.raw`\s+`)}(?![\\p{L}\\p{N}_])`,
    flags,
  );

const blank = (text: string): string => text.replaceAll(/[^\s]/gu, " ");

/** Blanks every match of a pattern out. */
export const maskPattern = (text: string, pattern: RegExp): string =>
  text.replaceAll(pattern, blank);

/** Blanks phrases out, the longest first. */
export const maskPhrases = (text: string, phrases: readonly string[], flags = "giu"): string => {
  let masked = text;
  const known = [...new Set(phrases)].filter((phrase) => phrase.trim() !== "");
  for (const phrase of known.sort((left, right) => right.length - left.length)) {
    masked = maskPattern(masked, phrasePattern(phrase, flags));
  }
  return masked;
};
