// Names that need no quotes in SQL, made from headers and file names.

/** DuckDB's reserved words (`duckdb_keywords()`); a test compares. */
export const RESERVED = new Set(
  (
    "all analyse analyze and any array as asc asymmetric both case cast check collate column " +
    "constraint create default deferrable desc describe distinct do else end except false fetch " +
    "for foreign from group having in initially intersect into lambda lateral leading limit not " +
    "null offset on only or order pivot pivot_longer pivot_wider placing primary qualify " +
    "references returning select show some summarize symmetric table then to trailing true union " +
    "unique unpivot using variadic when where window with"
  ).split(" "),
);

const SPELLED: [RegExp, string][] = [
  [/%/g, " pct "],
  [/€/g, " eur "],
  [/\$/g, " usd "],
  [/£/g, " gbp "],
  [/°\s*c\b/gi, " c "],
  [/°\s*f\b/gi, " f "],
  [/#/g, " no "],
  [/&/g, " and "],
  [/ß/g, "ss"],
  [/ä/g, "ae"],
  [/ö/g, "oe"],
  [/ü/g, "ue"],
  [/Ä/g, "Ae"],
  [/Ö/g, "Oe"],
  [/Ü/g, "Ue"],
  [/['’]/g, ""],
];

const LONGEST = 60;

/** snake_case; letters of other scripts stay. `fallback` where nothing is left. */
export const sqlName = (text: string, fallback: string): string => {
  let plain = text;
  for (const [from, to] of SPELLED) plain = plain.replaceAll(from, to);
  const name = plain
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .slice(0, LONGEST)
    .replaceAll(/^_+|_+$/g, "");
  if (name === "") return fallback;
  if (/^\p{N}/u.test(name)) return `${fallback.charAt(0)}_${name}`;
  return RESERVED.has(name) ? `${name}_` : name;
};

/** The name itself, or with the first free number behind it; case does not tell names apart. */
export const uniqueName = (name: string, taken: ReadonlySet<string>): string => {
  if (!taken.has(name)) return name;
  let count = 2;
  while (taken.has(`${name}_${count}`)) count += 1;
  return `${name}_${count}`;
};
