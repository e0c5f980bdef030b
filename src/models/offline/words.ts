// Words of goals and of column names, reduced so that "Tickets", "ticket_id" and "ticket" meet.

const IRREGULAR: Readonly<Record<string, string>> = {
  regional: "region",
  regions: "region",
  departmental: "department",
  people: "person",
  children: "child",
  averages: "average",
  analyses: "analysis",
  series: "series",
  status: "status",
  statuses: "status",
  less: "less",
  plus: "plus",
};

/** The singular of a lower-case English word, roughly: the same rule is used on both sides. */
export const stem = (word: string): string => {
  const known = IRREGULAR[word];
  if (known !== undefined) return known;
  if (word.length <= 3 || !word.endsWith("s")) return word;
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:sses|xes|ches|shes|zes)$/.test(word)) return word.slice(0, -2);
  return /(?:ss|us|is)$/.test(word) ? word : word.slice(0, -1);
};

/** Stemmed words of a name in snake_case, camelCase, with spaces or with signs. */
export const wordsOf = (name: string): string[] =>
  name
    .normalize("NFC")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map(stem);

/** `Revenue by region` -> `revenue-by-region`; usable as a task id when it begins with a letter. */
export const slug = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");

/** A name for a result column: snake_case, beginning with a letter. */
export const snake = (text: string): string => {
  const name = slug(text).replaceAll("-", "_");
  return /^[a-z]/.test(name) ? name : `m_${name}`;
};

export const capitalised = (text: string): string =>
  text === "" ? text : text.charAt(0).toUpperCase() + text.slice(1);

/** `a, b and c`. */
export const listed = (items: readonly string[], word = "and"): string =>
  items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1) ?? ""}`;
