// The loaded tables as the planner sees them: what each column's name and values mean.
import type { ColumnProfile, TableProfile } from "../../protocol/index.ts";
import { conceptOf, type Concept } from "./concepts.ts";
import {
  AVERAGED_UNITS,
  AVERAGED_WORDS,
  EMPTY_WORDS,
  FILLER_WORDS,
  UNIT_WORDS,
} from "./lexicon.ts";
import { stem, wordsOf } from "./words.ts";

/** A column with the words it can be called by. */
export interface Field {
  readonly column: ColumnProfile;
  /** Its name (and its header, when that is another) without units and ids. */
  readonly variants: readonly (readonly string[])[];
  /** Its name for readers, lower case: `sales amount`, `first response`. */
  readonly label: string;
  readonly concept: Concept | undefined;
  /** Yes or no: a boolean, or an integer that is only 0 or 1. */
  readonly flag: boolean;
  readonly unit: string | undefined;
}

const ID_WORDS = new Set(["id", "no", "key", "code", "name", "nr", "ref"]);
const TIME_WORDS = new Set(["at", "date", "on", "time", "timestamp", "day", "ts", "datetime"]);
const PLAN_WORDS = new Set([
  "plan",
  "planned",
  "target",
  "budget",
  "budgeted",
  "quota",
  "goal",
  "forecast",
]);

export const isPlanWord = (word: string): boolean => PLAN_WORDS.has(stem(word));

const dropLast = (words: readonly string[], drop: (word: string) => boolean): string[] => {
  const kept = [...words];
  while (kept.length > 1 && drop(kept.at(-1) ?? "")) kept.pop();
  return kept;
};

const meaningful = (column: ColumnProfile, name: string): string[] => {
  const all = wordsOf(name).filter((word) => !["is", "has", "was"].includes(word));
  const base = all.length === 0 ? wordsOf(name) : all;
  const withoutUnit = dropLast(base, (word) => UNIT_WORDS[word] !== undefined);
  if (column.role === "time") return dropLast(withoutUnit, (word) => TIME_WORDS.has(word));
  return dropLast(withoutUnit, (word) => ID_WORDS.has(word));
};

const conceptOfWords = (words: readonly string[]): Concept | undefined =>
  conceptOf(words) ?? conceptOf(words.filter((word) => !FILLER_WORDS.has(word)));

const unitOfColumn = (column: ColumnProfile): string | undefined => {
  if (column.unit !== undefined) return column.unit;
  const last = wordsOf(column.header ?? column.name).at(-1);
  return last === undefined ? undefined : UNIT_WORDS[last];
};

export const fieldOf = (column: ColumnProfile): Field => {
  const names = column.header === undefined ? [column.name] : [column.name, column.header];
  const variants = names.map((name) => meaningful(column, name));
  const concept = variants.map(conceptOfWords).find((each) => each !== undefined);
  const zeroOne =
    column.type === "integer" && column.distinct <= 2 && column.min === 0 && column.max === 1;
  return {
    column,
    variants,
    label: labelOf(column, concept),
    concept,
    flag: column.type === "boolean" || zeroOne,
    unit: unitOfColumn(column),
  };
};

const labelOf = (column: ColumnProfile, concept: Concept | undefined): string => {
  const words = column.name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  const kept = dropLast(words, (word) => UNIT_WORDS[stem(word)] !== undefined);
  const label = dropLast(kept, (word) => ID_WORDS.has(word))
    .join(" ")
    .replace(/\bno show\b/, "no-show");
  return concept?.id.endsWith("-time") === true && !label.includes("time")
    ? `${label} time`
    : label;
};

const isNumber = ({ column }: Field): boolean =>
  column.type === "integer" || column.type === "decimal";

/** A column that can be summed or averaged. */
export const isMeasure = (field: Field): boolean =>
  isNumber(field) && !field.flag && field.column.role !== "key" && field.column.role !== "time";
/** A column that rows can be grouped by. */
export const isDimension = (field: Field): boolean => {
  const { role, type, distinct } = field.column;
  if (role === "dimension" || type === "boolean" || field.flag) return true;
  return (
    role !== "time" && role !== "measure" && type !== "decimal" && distinct > 1 && distinct <= 200
  );
};

/** Averaged by nature: a temperature, a price, a duration. Otherwise a measure is summed. */
export const isAveraged = (field: Field): boolean => {
  if (field.concept?.usual !== undefined) return field.concept.usual === "avg";
  if (field.unit !== undefined && AVERAGED_UNITS.has(field.unit)) return true;
  return field.variants.some((words) => words.some((word) => AVERAGED_WORDS.has(word)));
};

/** A time that something takes. */
export const isDuration = ({ concept, unit }: Field): boolean =>
  concept?.id.endsWith("-time") === true ||
  concept?.id === "duration" ||
  ["min", "h", "s", "ms"].includes(unit ?? "");

/** ISO 4217 code of a money column. */
export const currencyOf = ({ unit }: Field): string | undefined =>
  unit !== undefined && /^[A-Z]{3}$/.test(unit) ? unit : undefined;

const subset = (part: readonly string[], whole: readonly string[]): boolean =>
  part.every((word) => whole.includes(word));

const withoutFillers = (words: readonly string[]): string[] => {
  const kept = words.filter((word) => !FILLER_WORDS.has(word));
  return kept.length === 0 ? [...words] : kept;
};

/** How well a phrase of stemmed words names a column: 0 (not at all) to 100 (its very words). */
export const matchScore = (phrase: readonly string[], field: Field): number => {
  const concept = conceptOf(phrase) ?? conceptOf(withoutFillers(phrase));
  const scores = field.variants.map((words) => {
    if (phrase.join(" ") === words.join(" ")) return 100;
    if (withoutFillers(phrase).join(" ") === withoutFillers(words).join(" ")) return 95;
    const own = conceptOfWords(words);
    if (concept !== undefined && own?.id === concept.id) return 90;
    if (concept !== undefined && own !== undefined) return 0;
    if (phrase.every((word) => FILLER_WORDS.has(word) || EMPTY_WORDS.has(word))) return 0;
    if (subset(phrase, words)) return 70 - 4 * (words.length - phrase.length);
    const part = words.some((_, from) =>
      words.slice(from).some((__, length) => {
        const found = conceptOf(words.slice(from, from + length + 1));
        return found !== undefined && found.id === concept?.id;
      }),
    );
    return part ? 60 - 4 * (words.length - 1) : 0;
  });
  return Math.max(0, ...scores);
};

/** The columns that a phrase names best, all with the same score; none below 40. */
export const bestFields = (
  phrase: readonly string[],
  fields: readonly Field[],
): { score: number; fields: Field[] } => {
  const scored = fields.map((field) => ({ field, score: matchScore(phrase, field) }));
  const score = Math.max(0, ...scored.map((entry) => entry.score));
  if (score < 40) return { score: 0, fields: [] };
  return {
    score,
    fields: scored.filter((entry) => entry.score === score).map(({ field }) => field),
  };
};

/** A table with its columns understood. */
export interface TableSchema {
  readonly table: TableProfile;
  readonly fields: readonly Field[];
  /** The time column figures are dated by, if there is one. */
  readonly time: Field | undefined;
  /** Days of its first and last row. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** What a row is called: `ticket`, `visit`. */
  readonly entity: { readonly words: readonly string[]; readonly concept: Concept | undefined };
  readonly isPlan: boolean;
}

const dayOf = (cell: unknown): string | undefined =>
  typeof cell === "string" && /^\d{4}-\d\d-\d\d/.test(cell) ? cell.slice(0, 10) : undefined;

const CLOSING = new Set([
  "closed",
  "resolved",
  "end",
  "ended",
  "updated",
  "modified",
  "shipped",
  "paid",
  "due",
]);

const timeRank = (field: Field): number =>
  (field.column.missing > 0 ? 2 : 0) +
  (wordsOf(field.column.name).some((word) => CLOSING.has(word)) ? 1 : 0);

const entityOf = (table: TableProfile, fields: readonly Field[]): TableSchema["entity"] => {
  const key = fields.find(
    ({ column: { role, distinct, missing } }) =>
      role === "key" && missing === 0 && distinct >= 0.99 * table.rows,
  );
  const named = key?.variants[0]?.filter((word) => !ID_WORDS.has(word)) ?? [];
  const words = named.length > 0 ? named : wordsOf(table.name);
  const concept = conceptOf(words);
  const dimension = fields.some((field) => isDimension(field) && matchScore(words, field) >= 90);
  // A table of sensors that has a column `sensor` holds readings.
  return dimension && key === undefined
    ? { words: ["reading"], concept: conceptOf(["reading"]) }
    : { words, concept };
};

const isPlanTable = (table: TableProfile, fields: readonly Field[]): boolean =>
  wordsOf(`${table.name} ${table.file} ${table.sheet ?? ""}`).some(isPlanWord) ||
  fields.filter(isMeasure).some(({ variants }) => variants.some((words) => words.some(isPlanWord)));

const SAME_EVENT: readonly (readonly string[])[] = [
  ["closed", "resolved", "solved", "finished", "completed"],
  ["opened", "created", "received", "raised", "reported", "submitted"],
  ["shipped", "delivered", "sent"],
];

const namesEvent = (field: Field, word: string): boolean =>
  field.variants
    .flat()
    .some(
      (own) => own === word || SAME_EVENT.some((same) => same.includes(own) && same.includes(word)),
    );

/** The word by which a goal picks a time column, unless it is a value of the data. */
export const timeWord = (schema: TableSchema, word: string): Field | undefined => {
  const isValue = schema.fields.some(
    ({ column }) =>
      column.role !== "time" && column.examples.some((cell) => String(cell).toLowerCase() === word),
  );
  return isValue ? undefined : timesOf(schema.fields).find((field) => namesEvent(field, word));
};

/** The schema dated by another time column. */
export const datedBy = (schema: TableSchema, time: Field): TableSchema => ({
  ...schema,
  time,
  first: dayOf(time.column.min),
  last: dayOf(time.column.max),
});

const timesOf = (fields: readonly Field[]): Field[] =>
  fields.filter(
    ({ column: { role, type } }) => role === "time" && (type === "date" || type === "timestamp"),
  );

export const schemaOf = (table: TableProfile): TableSchema => {
  const fields = table.columns.map(fieldOf);
  const time = timesOf(fields).sort((a, b) => timeRank(a) - timeRank(b))[0];
  return {
    table,
    fields,
    time,
    first: dayOf(time?.column.min),
    last: dayOf(time?.column.max),
    entity: entityOf(table, fields),
    isPlan: isPlanTable(table, fields),
  };
};
