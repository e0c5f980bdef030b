// Dates and times as people and programs write them. `03/04/2026` needs the order of its column.

export type DateOrder = "dmy" | "mdy";

export interface ParsedDate {
  /** `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM:SS` when a time was written. */
  iso: string;
  /** The way it is written, for the report: `YYYY-MM-DD`, `DD.MM.YYYY`, `Sep 5, 2026` … */
  format: string;
  /** The order this value proves: `25/12/2026` proves day first. */
  proves?: DateOrder;
  /** True when either order would do. */
  ambiguous?: boolean;
  /** A month without a day: the first is taken. */
  monthOnly?: boolean;
  /** A time zone was written; the time is kept as written. */
  zone?: boolean;
}

const MONTHS = new Map<string, number>();
for (const [index, names] of [
  "jan january januar janvier enero ene gennaio",
  "feb february februar février fevrier febrero febbraio",
  "mar march märz maerz mär mrz mars marzo",
  "apr april avril abril aprile",
  "may mai mayo maggio",
  "jun june juni juin junio giugno",
  "jul july juli juillet julio luglio",
  "aug august août aout agosto",
  "sep sept september septembre septiembre settembre",
  "oct october oktober okt octobre octubre ottobre",
  "nov november novembre noviembre",
  "dec december dezember dez décembre decembre diciembre dicembre",
].entries()) {
  for (const name of names.split(" ")) MONTHS.set(name, index + 1);
}

const TIME =
  /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap]\.?m\.?)?\s*(z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?$/i;
const WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so)[a-z]*\.?,?\s+/i;

/** Undefined when the text is no date. `order` decides what is ambiguous; without it month first. */
export const parseDate = (raw: string, order: DateOrder = "mdy"): ParsedDate | undefined => {
  if (raw.length < 5 || raw.length > 45 || !/\d/.test(raw)) return undefined;
  const text = /^[a-z]/i.test(raw) ? raw.replace(WEEKDAY, "") : raw;
  const { day, time } = splitTime(text);
  const parsed = ymd(day) ?? dottedOrSlashed(day, order) ?? named(day) ?? monthOnly(day);
  if (parsed === undefined) return undefined;
  const iso = isoDay(parsed.year, parsed.month, parsed.day);
  if (iso === undefined) return undefined;
  const { year: _y, month: _m, day: _d, ...rest } = parsed;
  if (time === undefined) return { iso, ...rest };
  const clock = isoTime(time);
  if (clock === undefined || rest.monthOnly === true) return undefined;
  return { iso: `${iso}T${clock.text}`, ...rest, ...(clock.zone ? { zone: true } : {}) };
};

/** Days since 1899-12-30, as Excel counts: 45910 is 2025-09-10. Undefined outside 1954 to 2119. */
export const excelSerialDate = (text: string): string | undefined => {
  if (!/^[2-7]\d{4}(\.\d+)?$/.test(text)) return undefined;
  const milliseconds = Date.UTC(1899, 11, 30) + Math.round(Number(text) * 86_400) * 1000;
  const iso = new Date(milliseconds).toISOString();
  return text.includes(".") ? iso.slice(0, 19) : iso.slice(0, 10);
};

/** `20260905`. */
export const compactDate = (text: string): string | undefined => {
  const match = /^((?:19|20)\d{2})(\d{2})(\d{2})$/.exec(text);
  return match === null ? undefined : isoDay(Number(match[1]), Number(match[2]), Number(match[3]));
};

interface Day {
  year: number;
  month: number;
  day: number;
  format: string;
  proves?: DateOrder;
  ambiguous?: boolean;
  monthOnly?: boolean;
}

const splitTime = (text: string): { day: string; time?: string } => {
  const match = /^(.*?\d)(?:T|,?\s+(?:at\s+|um\s+)?)(\d{1,2}:\d{2}.*)$/i.exec(text);
  return match === null ? { day: text } : { day: match[1] as string, time: match[2] };
};

const ymd = (text: string): Day | undefined => {
  const match = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const format = `YYYY${match[2]}MM${match[2]}DD`;
  return { year: Number(match[1]), month: Number(match[3]), day: Number(match[4]), format };
};

const dottedOrSlashed = (text: string, order: DateOrder): Day | undefined => {
  const match = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [first, second] = [Number(match[1]), Number(match[3])];
  const year = fullYear(match[4] as string);
  const sign = match[2] as string;
  if (sign === ".") return { year, month: second, day: first, format: "DD.MM.YYYY" };
  const proves = first > 12 ? "dmy" : second > 12 ? "mdy" : undefined;
  const dayFirst = (proves ?? order) === "dmy";
  const format = dayFirst ? `DD${sign}MM${sign}YYYY` : `MM${sign}DD${sign}YYYY`;
  const [month, day] = dayFirst ? [second, first] : [first, second];
  if (proves !== undefined) return { year, month, day, format, proves };
  return first === second
    ? { year, month, day, format }
    : { year, month, day, format, ambiguous: true };
};

const named = (text: string): Day | undefined => {
  const monthFirst = /^(\p{L}{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/u.exec(text);
  if (monthFirst !== null) {
    const month = MONTHS.get((monthFirst[1] as string).toLowerCase());
    if (month === undefined) return undefined;
    return {
      year: Number(monthFirst[3]),
      month,
      day: Number(monthFirst[2]),
      format: "Mon D, YYYY",
    };
  }
  const dayFirst =
    /^(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:of\s+|de\s+)?(\p{L}{3,10})\.?,?[\s-]+(?:de\s+)?(\d{4}|\d{2})$/u.exec(
      text,
    );
  const month = MONTHS.get((dayFirst?.[2] ?? "").toLowerCase());
  if (dayFirst === null || month === undefined) return undefined;
  const year = fullYear(dayFirst[3] as string);
  return { year, month, day: Number(dayFirst[1]), format: "D Mon YYYY" };
};

const monthOnly = (text: string): Day | undefined => {
  const numeric = /^(\d{4})[-/](\d{1,2})$/.exec(text);
  if (numeric !== null) return firstOf(Number(numeric[1]), Number(numeric[2]), "YYYY-MM");
  const reversed = /^(\d{1,2})[-/](\d{4})$/.exec(text);
  if (reversed !== null) return firstOf(Number(reversed[2]), Number(reversed[1]), "MM/YYYY");
  const words =
    /^(\p{L}{3,10})\.?[\s-]+(\d{4})$/u.exec(text) ?? /^(\p{L}{3})[-'](\d{2})$/u.exec(text);
  const number = MONTHS.get((words?.[1] ?? "").toLowerCase());
  if (words === null || number === undefined) return undefined;
  return firstOf(fullYear(words[2] as string), number, "Mon YYYY");
};

const firstOf = (year: number, number: number, format: string): Day => ({
  year,
  month: number,
  day: 1,
  format,
  monthOnly: true,
});

const fullYear = (text: string): number => {
  const year = Number(text);
  if (text.length === 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
};

const isoDay = (year: number, month: number, day: number): string | undefined => {
  if (year < 1000 || month < 1 || month > 12 || day < 1) return undefined;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > last) return undefined;
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
};

const isoTime = (text: string): { text: string; zone: boolean } | undefined => {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, hours = "", minutes = "", seconds = "00", half, zone] = match;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (/^p/i.test(half) ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return {
    text: `${String(hour).padStart(2, "0")}:${minutes}:${seconds}`,
    zone: zone !== undefined,
  };
};
