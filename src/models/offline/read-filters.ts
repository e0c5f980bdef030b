// Filters: values of columns that a goal names ("in the North", "excluding Online", "high priority"),
// and conditions on figures ("over 30 °C"). Values come from the data: they are compared, never obeyed.
import type { Cell, Filter } from "../../protocol/index.ts";
import { cover, type FilterChoice, type Scan } from "./reading.ts";
import { dimensionAt } from "./read-dimensions.ts";
import { bestFields, isDimension, isMeasure, type Field } from "./schema.ts";
import { conceptOf } from "./concepts.ts";
import { UNIT_WORDS } from "./lexicon.ts";
import { listed, stem } from "./words.ts";

const EXCLUDED =
  /\b(?:excluding|except(?: for)?|without|not|other than|apart from|but not|ignoring|leaving out)(?: the| any| all| in| from)*\s*$/;
const INTRO =
  /\b(?:in|for|only|at|from|of|on|the|and|or|just|all|with|is|are|excluding|except|without|not|than|our|vs\.?|versus|between|about)[ ,]+$/;
const AND_BEFORE = /(?:,|\band|\bor|&|\bvs\.?|\bversus)\s*$/;

interface Value {
  readonly field: Field;
  readonly cell: Cell;
  readonly start: number;
  readonly end: number;
  readonly excluded: boolean;
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");

/** The column's own name right before or after a value: `region North`, `high priority`. */
const namesItself = (
  scan: Scan,
  field: Field,
  start: number,
  end: number,
): { start: number; end: number } | undefined => {
  const { tokens } = scan.goal;
  const first = tokens.findIndex((token) => token.start >= start);
  const next = tokens.findIndex((token) => token.start >= end);
  for (const [at, before] of [
    [next, false],
    [first - 1, true],
    [first - 2, true],
  ] as const) {
    const token = tokens[at];
    if (at < 0 || token === undefined) continue;
    const named = dimensionAt(scan, at, 66);
    const last = named?.tokens.at(-1);
    if (named?.field !== field || last === undefined) continue;
    const between = before
      ? scan.goal.lower.slice(last.end, start)
      : scan.goal.lower.slice(end, token.start);
    if (/^[\s"'-]*(?:=|is|level)?[\s"'-]*$/.test(between))
      return { start: Math.min(start, token.start), end: Math.max(end, last.end) };
  }
  return undefined;
};

const clear = (scan: Scan, text: string, start: number): boolean => {
  const shown = scan.goal.text.slice(start, start + text.length);
  const capital =
    /^\p{Lu}/u.test(shown) && start > 0 && !/[.!?:]\s*$/.test(scan.goal.text.slice(0, start));
  return (
    capital || INTRO.test(scan.goal.lower.slice(0, start)) || (text.length > 3 && !/^\d/.test(text))
  );
};

const namesMeasure = (scan: Scan, text: string): boolean =>
  bestFields(
    text
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .map(stem),
    scan.schema.fields.filter(isMeasure),
  ).score >= 66 ||
  conceptOf(text.toLowerCase().split(/\s+/).map(stem))?.id === scan.schema.entity.concept?.id;

const valuesOf = (scan: Scan, field: Field): Value[] => {
  const texts = field.column.examples.filter(
    (cell) => typeof cell === "string" || typeof cell === "number",
  );
  return texts.flatMap((cell) => {
    const text = String(cell);
    if (text.length > 60 || text.trim() === "") return [];
    const pattern = new RegExp(
      `(?<![\\p{L}\\p{N}])${escapeRegExp(text.toLowerCase())}(?![\\p{L}\\p{N}])`,
      "u",
    );
    return scan.goal.matches(pattern).flatMap(({ start, end }): Value[] => {
      const named = namesItself(scan, field, start, end);
      if (
        named === undefined &&
        (typeof cell === "number" ||
          text.length < 2 ||
          namesMeasure(scan, text) ||
          !clear(scan, text, start))
      )
        return [];
      const from = named?.start ?? start;
      const excluded = EXCLUDED.test(scan.goal.lower.slice(0, from));
      return [{ field, cell, start: from, end: named?.end ?? end, excluded }];
    });
  });
};

/** Longest first, so that `Office Chair Pro` wins over `Office`. */
const takeValues = (scan: Scan): Value[] => {
  const taken: Value[] = [];
  const values = scan.schema.fields
    .filter((field) => isDimension(field) && !field.flag)
    .flatMap((field) => valuesOf(scan, field))
    .sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  for (const value of values) {
    const overlaps = taken.some((other) => value.start < other.end && value.end > other.start);
    if (!overlaps) taken.push(value);
  }
  for (const { start, end } of taken) scan.goal.take(start, end);
  return taken.sort((a, b) => a.start - b.start);
};

const filterOf = (column: string, values: readonly Cell[], excluded: boolean): Filter[] => {
  if (excluded) return values.map((value) => ({ column, op: "!=", value }));
  const [only = null] = values;
  return [
    values.length === 1
      ? { column, op: "=", value: only }
      : { column, op: "in", value: [...values] },
  ];
};

/** Takes the values a goal names; several of one column are alternatives. */
export const readValues = (scan: Scan): void => {
  const values = takeValues(scan);
  for (const [at, value] of values.entries()) {
    const before = values[at - 1];
    const continued =
      before?.excluded === true &&
      before.field === value.field &&
      AND_BEFORE.test(scan.goal.lower.slice(0, value.start));
    if (continued) values[at] = { ...value, excluded: true };
  }
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = `${value.field.column.name} ${value.excluded}`;
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const cells = [...new Set(group.map(({ cell }) => cell))];
    const names = listed(cells.map(String));
    const label = `${first.excluded ? "without " : ""}${first.field.label} ${names}`;
    for (const filter of filterOf(first.field.column.name, cells, first.excluded)) {
      addFilter(scan, { filter, label });
    }
    for (const value of group) {
      cover(
        scan,
        scan.goal.text.slice(value.start, value.end),
        `only rows where ${first.field.column.name} is ${value.excluded ? "not " : ""}${String(value.cell)}`,
      );
    }
  }
};

const addFilter = (scan: Scan, choice: FilterChoice): void => {
  scan.reading.filters.push(choice);
};

const OPS: readonly {
  readonly pattern: RegExp;
  readonly op: Filter["op"];
  readonly word: string;
}[] = [
  { pattern: /(?:at least|no less than|from|>=)/, op: ">=", word: "at least" },
  { pattern: /(?:at most|no more than|up to|<=)/, op: "<=", word: "at most" },
  {
    pattern:
      /(?:over|above|more than|greater than|higher than|longer than|exceeding|older than|hotter than|warmer than|>)/,
    op: ">",
    word: "over",
  },
  {
    pattern:
      /(?:under|below|less than|lower than|shorter than|fewer than|younger than|colder than|<)/,
    op: "<",
    word: "under",
  },
];

const UNIT_AFTER =
  "(?:\\s*(?:°\\s?[cf]|degrees?(?: celsius)?|%|percent|ppm|minutes?|mins?|hours?|h|days?|years?(?: old)?|seconds?|eur|euros?|€|usd|volts?|units?|points?|stars?))?";

const PEOPLE =
  /\b(?:patients?|people|customers?|those|visitors?|employees?)(?: who (?:are|were))?(?: aged)? $/;

const fieldForCondition = (
  scan: Scan,
  start: number,
  text: string,
): { field: Field; from: number } | undefined => {
  const measures = scan.schema.fields.filter(isMeasure);
  const before = scan.goal.tokens.filter((token) => token.end <= start && !token.taken);
  for (const length of [3, 2, 1]) {
    const tokens = before.slice(-length);
    const [first] = tokens;
    if (first === undefined || tokens.length < length) continue;
    const gap = scan.goal.lower.slice(tokens.at(-1)?.end, start);
    if (!/^\s*(?:is|was|of|are|were)?\s*$/.test(gap)) continue;
    const [field] = bestFields(
      tokens.map((token) => token.stem),
      measures,
    ).fields;
    if (field !== undefined) return { field, from: first.start };
  }
  const age = measures.find((field) => field.concept?.id === "age");
  const people = PEOPLE.exec(scan.goal.lower.slice(0, start));
  if (age !== undefined && people !== null) return { field: age, from: people.index };
  if (age !== undefined && /older|younger|years|aged/.test(text)) {
    return { field: age, from: start };
  }
  const unit = /([a-z°%]+)\s*$/.exec(text)?.[1];
  const wanted =
    unit === undefined
      ? undefined
      : (UNIT_WORDS[stem(unit)] ?? (unit.startsWith("degree") ? "°C" : unit));
  const fitting = measures.filter((field) => field.unit !== undefined && field.unit === wanted);
  return fitting.length === 1 && fitting[0] !== undefined
    ? { field: fitting[0], from: start }
    : undefined;
};

/** Takes conditions on figures of rows: `temperature above 30 °C`, `patients over 65`. */
export const readConditions = (scan: Scan): void => {
  for (const { pattern, op, word } of OPS) {
    const whole = new RegExp(
      `(?<![\\p{L}\\p{N}])${pattern.source}\\s*(-?\\d+(?:\\.\\d+)?)(?!\\d|-)${UNIT_AFTER}(?![\\p{L}\\p{N}])`,
    );
    for (const { groups, phrase, start, end } of scan.goal.matches(whole)) {
      const found = fieldForCondition(scan, start, phrase.toLowerCase());
      if (found === undefined) continue;
      const { field, from } = found;
      scan.goal.take(from, end);
      const value = Number(groups[1]);
      addFilter(scan, {
        filter: { column: field.column.name, op, value },
        label: `${field.label} ${word} ${value}`,
      });
      cover(
        scan,
        scan.goal.text.slice(from, end),
        `only rows where ${field.column.name} ${op} ${value}`,
      );
    }
  }
};
