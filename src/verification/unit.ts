// Units and currencies: when two spellings mean the same, and which unit an expression has.
import type { RowExpression, TableProfile } from "../protocol/index.ts";

const CURRENCY_OF: Readonly<Record<string, string>> = {
  "€": "EUR",
  euro: "EUR",
  euros: "EUR",
  $: "USD",
  US$: "USD",
  dollar: "USD",
  dollars: "USD",
  "£": "GBP",
  pound: "GBP",
  pounds: "GBP",
  "¥": "JPY",
  yen: "JPY",
  "₹": "INR",
  rupee: "INR",
  rupees: "INR",
  "₩": "KRW",
  franc: "CHF",
  francs: "CHF",
};

/** ISO 4217 code of a sign or a word; any other unit as it is. */
export const canonicalUnit = (unit: string): string => {
  const plain = unit.replace(/^US (?=dollar)/i, "");
  return CURRENCY_OF[plain] ?? CURRENCY_OF[plain.toLowerCase()] ?? unit;
};

export const sameUnit = (left: string, right: string): boolean =>
  canonicalUnit(left) === canonicalUnit(right);

const CODES = new Set(
  "EUR USD GBP JPY CHF SEK NOK DKK PLN CZK HUF RON BGN TRY UAH RUB CNY INR KRW ILS AUD NZD CAD MXN BRL ZAR SGD HKD THB AED SAR".split(
    " ",
  ),
);

/** True for currencies that are known by sign, word or code. */
export const isCurrency = (unit: string): boolean => CODES.has(canonicalUnit(unit));

const CURRENCY_WORDS =
  /[€$£¥₹₩]|\b(?:[A-Z]{3}|[Ee]uros?|(?:US )?[Dd]ollars?|[Pp]ounds?|[Yy]en|[Rr]upees?|[Ff]rancs?)\b/g;

/** Currencies that a text names, by sign, code or word, as codes. */
export const currenciesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(CURRENCY_WORDS)]
      .map(([word]) => canonicalUnit(word))
      .filter((code) => CODES.has(code)),
  ),
];

/** The unit of a row's number: money times a count is money. Undefined when unknown. */
export const expressionUnit = (of: RowExpression, profile: TableProfile): string | undefined => {
  const unitOf = (name: string) => profile.columns.find((column) => column.name === name)?.unit;
  if ("column" in of) return unitOf(of.column);
  const units = [unitOf(of.left), unitOf(of.right)].filter((unit) => unit !== undefined);
  const [first, second] = units;
  if (of.op === "multiply") {
    const money = units.filter(isCurrency);
    return money.length === 1 ? money[0] : undefined;
  }
  return first !== undefined && (second === undefined || sameUnit(first, second))
    ? first
    : undefined;
};
