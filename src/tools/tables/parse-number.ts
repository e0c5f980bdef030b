// Numbers as people and programs write them: 1234.5, 1,234.50, 1.234,50, 1'234.50, (5.00), € 12,-, 25 %.
import { currencyOf, unitBehindNumber } from "./unit.ts";

export type DecimalMark = "point" | "comma";

export interface ParsedNumber {
  /** Plain digits, e.g. `-1234.50`: as many decimals as were written, no leading zeros. */
  plain: string;
  unit?: string;
  /** The decimal mark this value proves, e.g. `1,5` proves the comma. */
  proves?: DecimalMark;
  /** True when it could be read with either mark: `1,234`, `1.234`. */
  ambiguous?: boolean;
  /** A code rather than a quantity: `00123`. */
  leadingZero?: boolean;
}

const PLAIN = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const SHAPE =
  /^([+-])?\s*(\p{L}{1,3}\$?|US\$|R\$|\p{Sc})?\s*([+-])?\s*(\d[\d.,'’ ]*?|[.,]\d+)(e[+-]?\d{1,3})?\s?(-)?\s*(%|\p{Sc}|[\p{L}°][\p{L}°/²³]{0,9}|,-)?$/iu;
/** More digits are an identifier: no quantity needs them and no double holds them. */
const MOST_DIGITS = 18;

/** Undefined when the text is no number. `mark` decides what is ambiguous; without it the point. */
export const parseNumber = (raw: string, mark: DecimalMark = "point"): ParsedNumber | undefined => {
  if (raw.length > 40) return undefined;
  if (PLAIN.test(raw) && raw.length <= MOST_DIGITS && !/^-?\d{1,3}\.\d{3}$/.test(raw)) {
    return raw.includes(".") ? { plain: raw, proves: "point" } : { plain: raw };
  }
  if (!/\d/.test(raw)) return undefined;
  const bracketed = unbracket(
    raw.replaceAll(/[\u00a0\u2007\u2009\u202f]/g, " ").replaceAll("−", "-"),
  );
  const match = SHAPE.exec(bracketed.text.trim());
  if (match === null) return undefined;
  const [, sign = "", before, inner = "", body = "", exponent, after = "", behind] = match;
  const unit = unitsOf(before, behind === ",-" ? undefined : behind);
  const signs = sign + inner + after + (bracketed.negative ? "-" : "");
  if (unit === false || signs.length > 1) return undefined;
  const digits = splitDigits(body.trim(), mark);
  if (digits === undefined) return undefined;
  // A long number with a plus sign is a telephone number.
  if (signs === "+" && digits.whole.length > 9) return undefined;
  const parsed = assemble(digits, signs === "-", exponent);
  if (parsed === undefined) return undefined;
  return unit === undefined ? parsed : { ...parsed, unit };
};

const unbracket = (text: string): { text: string; negative: boolean } => {
  const match = /^([^()]*)\(([^()]+)\)([^()]*)$/.exec(text);
  if (match === null) return { text, negative: false };
  return { text: `${match[1]}${match[2]}${match[3]}`, negative: true };
};

/** The unit around a number; false when there are words that are none. */
const unitsOf = (before?: string, behind?: string): string | undefined | false => {
  const front = before === undefined ? undefined : currencyOf(before);
  const back = behind === undefined ? undefined : unitBehindNumber(behind);
  if (before !== undefined && front === undefined) return false;
  if (behind !== undefined && back === undefined) return false;
  if (front !== undefined && back !== undefined && front !== back) return false;
  return front ?? back;
};

interface Digits {
  whole: string;
  fraction: string;
  proves?: DecimalMark;
  ambiguous?: boolean;
}

const GROUPS = /^\d{1,3}(\D)\d{2,3}(?:\1\d{2,3})*$/;
const grouped = (text: string): boolean => GROUPS.test(text) && /\D\d{3}$/.test(text);

const splitDigits = (body: string, mark: DecimalMark): Digits | undefined => {
  const point = body.lastIndexOf(".");
  const comma = body.lastIndexOf(",");
  const other = /['’ ]/.test(body);
  if (point < 0 && comma < 0) return wholeOnly(body, other);
  if ((point >= 0 && comma >= 0) || other) return bothMarks(body, Math.max(point, comma));
  const sign = point >= 0 ? "." : ",";
  const own: DecimalMark = point >= 0 ? "point" : "comma";
  const opposite: DecimalMark = point >= 0 ? "comma" : "point";
  const parts = body.split(sign);
  if (parts.length > 2) {
    return grouped(body) ? { whole: parts.join(""), fraction: "", proves: opposite } : undefined;
  }
  const [whole = "", fraction = ""] = parts;
  const ambiguous = /^[1-9]\d{0,2}$/.test(whole) && fraction.length === 3;
  if (ambiguous && own !== mark) return { whole: whole + fraction, fraction: "", ambiguous };
  return ambiguous ? { whole, fraction, ambiguous } : { whole, fraction, proves: own };
};

const wholeOnly = (body: string, separated: boolean): Digits | undefined => {
  if (!separated) return { whole: body, fraction: "" };
  return grouped(body) ? { whole: body.replaceAll(/\D/g, ""), fraction: "" } : undefined;
};

const bothMarks = (body: string, last: number): Digits | undefined => {
  const whole = body.slice(0, last);
  const fraction = body.slice(last + 1);
  const sign = body.charAt(last);
  if (whole.includes(sign)) {
    // 1,234 567: the last mark separates groups too, or the text is no number.
    return undefined;
  }
  if (!/^\d*$/.test(fraction) || !(/^\d+$/.test(whole) || grouped(whole))) return undefined;
  const proves = sign === "." ? "point" : "comma";
  return { whole: whole.replaceAll(/\D/g, ""), fraction, proves };
};

const assemble = (
  { whole, fraction, proves, ambiguous }: Digits,
  negative: boolean,
  exponent: string | undefined,
): ParsedNumber | undefined => {
  if (whole.length > MOST_DIGITS) return undefined;
  const leadingZero = exponent === undefined && /^0\d/.test(whole);
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  let plain = fraction === "" ? digits : `${digits}.${fraction}`;
  if (exponent !== undefined) {
    const value = Number(plain + exponent);
    if (!Number.isFinite(value)) return undefined;
    plain = String(value);
  }
  return {
    plain: negative && /[1-9]/.test(plain) ? `-${plain}` : plain,
    ...(proves === undefined ? {} : { proves }),
    ...(ambiguous === true ? { ambiguous } : {}),
    ...(leadingZero ? { leadingZero } : {}),
  };
};
