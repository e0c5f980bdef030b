// Texts that mean "no value".

const MISSING = new Set([
  ..."na n/a n.a. n.a #n/a #na null none nil nan nat - -- --- – — ? (null) (blank) <na> \\n k.a. missing".split(
    " ",
  ),
  // What a spreadsheet shows where a formula failed.
  ..."#div/0! #ref! #name? #value! #num! #null!".split(" "),
]);

/** Case does not matter. */
export const isMissing = (text: string): boolean =>
  text.length <= 8 && MISSING.has(text.toLowerCase());

/** `NA` is North America where the other values are codes like EMEA and APAC. */
export const isRegionCode = (text: string, others: readonly string[]): boolean => {
  if (text !== "NA") return false;
  const codes = others.filter((other) => other !== text && !isMissing(other));
  return codes.length > 1 && codes.every((code) => /^[A-Z]{2,6}$/.test(code));
};
