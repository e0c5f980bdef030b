// JSON: an array of records, an object that holds one, or a record a line. Numbers keep the digits
// they are written with.
import { decodeText } from "./decode-text.ts";
import { encodingNote } from "./read-delimited.ts";
import { GridBuilder, unreadable } from "./text-grid.ts";
import type { TextGrid } from "./text-grid.ts";
import type { TableLimits } from "./table-limits.ts";
import { turn } from "./turn.ts";

const SHAPE = "Give an array of records, e.g. [{…}, {…}], or one record a line.";
/** Objects in a record become columns `a.b.c`; what lies deeper stays JSON text. */
const DEPTH = 3;

/** Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
export const readJson = async (
  file: string,
  bytes: Uint8Array,
  limits: TableLimits,
  signal?: AbortSignal,
): Promise<TextGrid> => {
  const { text, encoding } = decodeText(file, bytes);
  const records = recordsOf(file, text);
  const positions = new Map<string, number>();
  const builder = new GridBuilder(file, limits);
  for (const [index, record] of records.entries()) {
    const cells: string[] = [];
    flatten(record, "", 0, (key, value) => {
      let position = positions.get(key);
      if (position === undefined) positions.set(key, (position = positions.size));
      cells[position] = value;
    });
    builder.add(cells);
    if (index % 5_000 === 4_999) await turn(signal);
  }
  const grid = builder.finish();
  grid.headers = [...positions.keys()].slice(0, grid.columns.length);
  if (encoding !== undefined) grid.notes.push(encodingNote(encoding, grid.rows));
  return grid;
};

const recordsOf = (file: string, text: string): unknown[] => {
  const whole = tryParse(text);
  if (whole.ok) return unwrap(file, whole.value);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    const parsed = tryParse(line);
    if (parsed.ok && isRecord(parsed.value)) return parsed.value;
    const where = lines.length > 1 && index > 0 ? `line ${index + 1}: ` : "";
    const why = parsed.ok ? "not a record" : parsed.message;
    throw unreadable(
      file,
      `is not valid JSON (${where}${index === 0 ? whole.message : why})`,
      SHAPE,
    );
  });
};

const unwrap = (file: string, value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  if (isRecord(value)) {
    const lists = Object.values(value).filter((item) => Array.isArray(item) && item.some(isRecord));
    if (lists.length === 1) return lists[0] as unknown[];
    if (lists.length === 0) return [value];
  }
  throw unreadable(file, "holds JSON but not one list of records", SHAPE);
};

type Parsed = { ok: true; value: unknown } | { ok: false; message: string };

const tryParse = (text: string): Parsed => {
  try {
    return { ok: true, value: JSON.parse(text, keepDigits) as unknown };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message.slice(0, 120) : "?" };
  }
};

const keepDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === "number" ? (context?.source ?? String(value)) : value;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const flatten = (
  value: unknown,
  path: string,
  depth: number,
  put: (key: string, value: string) => void,
): void => {
  if (Array.isArray(value) && depth === 0) {
    for (const [index, item] of value.entries()) flatten(item, `column ${index + 1}`, 1, put);
  } else if (isRecord(value) && depth < DEPTH) {
    for (const [key, item] of Object.entries(value)) {
      flatten(item, path === "" ? key : `${path}.${key}`, depth + 1, put);
    }
  } else {
    const text = textOf(value);
    put(path === "" ? "value" : path, text);
  }
};

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  return JSON.stringify(value);
};
