import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDate } from "../../../src/tools/tables/parse-date.ts";
import { parseNumber } from "../../../src/tools/tables/parse-number.ts";
import { delimiterOf, parseRows } from "../../../src/tools/tables/read-delimited.ts";
import { sqlName } from "../../../src/tools/tables/sql-name.ts";

/** A number as its whole digits, its decimals and its sign. */
const amount = fc.record({
  whole: fc.bigInt({ min: 0n, max: 999_999_999_999n }).map(String),
  fraction: fc.string({
    unit: fc.constantFrom(..."0123456789".split("")),
    minLength: 1,
    maxLength: 2,
  }),
  negative: fc.boolean(),
});

const grouped = (whole: string, mark: string): string => whole.replaceAll(/\B(?=(\d{3})+$)/g, mark);

const plainOf = ({
  whole,
  fraction,
  negative,
}: {
  whole: string;
  fraction: string;
  negative: boolean;
}) => `${negative && /[1-9]/.test(whole + fraction) ? "-" : ""}${whole}.${fraction}`;

describe("a number is read back from every way of writing it", () => {
  const separators = [
    [",", "."],
    [".", ","],
    ["'", "."],
    ["’", "."],
    [" ", ","],
    ["\u00a0", ","],
    ["\u202f", ","],
    ["", "."],
    ["", ","],
  ] as const;
  const signs = [
    (text: string) => `-${text}`,
    (text: string) => `− ${text}`,
    (text: string) => `(${text})`,
  ];
  const units = [
    [(text: string) => text, undefined],
    [(text: string) => `€ ${text}`, "EUR"],
    [(text: string) => `${text} €`, "EUR"],
    [(text: string) => `$${text}`, "USD"],
    [(text: string) => `CHF ${text}`, "CHF"],
    [(text: string) => `${text}%`, "%"],
    [(text: string) => `${text} kg`, "kg"],
  ] as const;

  it("with separators, signs and units", () => {
    fc.assert(
      fc.property(
        amount,
        fc.constantFrom(...separators),
        fc.constantFrom(...signs),
        fc.constantFrom(...units),
        (value, [group, decimal], sign, [unit, named]) => {
          const digits = `${grouped(value.whole, group)}${decimal}${value.fraction}`;
          const text = value.negative ? sign(unit(digits)) : unit(digits);
          const read = parseNumber(text);
          expect([text, read?.plain, read?.unit]).toEqual([text, plainOf(value), named]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("as a whole number with thousands separators, once the decimal mark is known", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (value) => {
        const text = String(value);
        expect(parseNumber(grouped(text, ","), "point")?.plain).toBe(text);
        expect(parseNumber(grouped(text, "."), "comma")?.plain).toBe(text);
      }),
    );
  });

  it("as JavaScript writes it", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e17, max: 1e17 }),
        (value) => {
          expect(Number(parseNumber(String(value))?.plain)).toBe(value === 0 ? 0 : value);
        },
      ),
    );
  });

  it.each([
    "",
    "-",
    "abc",
    "1.2.3",
    "12 34",
    "1,23,4",
    "5 apples",
    "A-12",
    "1-2",
    "((5))",
    "--5",
    "+5-",
    "5 % $",
    "0x1f",
    "12:30",
    "1e999",
    "(5",
    "٣",
  ])("%j is no number", (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });

  it("no text makes it throw or be no number after all", () => {
    const run = fc.check(
      fc.property(
        fc.string({
          unit: fc.constantFrom(..."0123456789.,'() -+eE€$%kg°".split("")),
          maxLength: 60,
        }),
        (text) => {
          const read = parseNumber(text);
          return read === undefined || Number.isFinite(Number(read.plain));
        },
      ),
      { numRuns: 5000 },
    );
    expect(run.failed).toBe(false);
  });
});

describe("a date is read back from every way of writing it", () => {
  const MONTHS =
    "January February March April May June July August September October November December".split(
      " ",
    );
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = fc
    .date({ min: new Date("1900-01-01"), max: new Date("2199-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

  it("with figures and words", () => {
    fc.assert(
      fc.property(day, (iso) => {
        const [y = 0, m = 0, d = 0] = iso.split("-").map(Number);
        const name = MONTHS[m - 1] as string;
        for (const text of [
          iso,
          `${y}/${m}/${d}`,
          `${two(d)}.${two(m)}.${y}`,
          `${name} ${d}, ${y}`,
          `${name.slice(0, 3)} ${two(d)} ${y}`,
          `${d} ${name} ${y}`,
          `${d}-${name.slice(0, 3)}-${y}`,
        ]) {
          expect([text, parseDate(text)?.iso]).toEqual([text, iso]);
        }
        expect(parseDate(`${d}/${m}/${y}`, "dmy")?.iso).toBe(iso);
        expect(parseDate(`${m}/${d}/${y}`, "mdy")?.iso).toBe(iso);
        expect(parseDate(`${d}/${m}/${y}`)?.proves).toBe(d > 12 ? "dmy" : undefined);
      }),
    );
  });

  it("with a time", () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 86_399 }), (iso, seconds) => {
        const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
        const expected = `${iso}T${two(h)}:${two(m)}:${two(s)}`;
        expect(parseDate(`${iso} ${h}:${two(m)}:${two(s)}`)?.iso).toBe(expected);
        expect(parseDate(`${iso}T${two(h)}:${two(m)}:${two(s)}.123456Z`)?.iso).toBe(expected);
        const half = `${((h + 11) % 12) + 1}:${two(m)}:${two(s)} ${h < 12 ? "AM" : "p.m."}`;
        expect(parseDate(`${iso} ${half}`)?.iso).toBe(expected);
      }),
    );
  });

  it.each([
    "2026-13-01",
    "2026-02-29",
    "31.04.2026",
    "32/01/2026",
    "Foo 5, 2026",
    "2026",
    "1.2.3",
    "25:00",
    "2026-01-01 24:10",
    "v1.2.2026b",
  ])("%j is no date", (text) => {
    expect(parseDate(text)).toBeUndefined();
  });
});

describe("delimited text", () => {
  const cell = fc.string({ unit: fc.constantFrom(...'ab 1"\n\r,;\t|é'.split("")), maxLength: 8 });
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  it("gives back every cell that was quoted", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(",", ";", "\t", "|"),
        fc.constantFrom("\n", "\r\n"),
        (rows, mark, end) => {
          const text = rows.map((row) => row.map(quote).join(mark)).join(end);
          expect([...parseRows(text, mark)]).toEqual(rows);
        },
      ),
    );
  });

  it("tells its delimiter", () => {
    expect(delimiterOf("a;b\n1,5;2,5\n3,5;4,5\n")).toBe(";");
    expect(delimiterOf('name,notes\nx,"a;b;c"\ny,"d;e"\n')).toBe(",");
    expect(delimiterOf("just words\nand more\n")).toBeUndefined();
  });
});

describe("SQL names", () => {
  it("need no quotes, whatever the header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
        expect(sqlName(text, "column_1")).toMatch(/^[\p{L}_][\p{L}\p{N}_]{0,62}$/u);
      }),
      { numRuns: 1000 },
    );
  });
});
