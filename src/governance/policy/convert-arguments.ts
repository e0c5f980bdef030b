// Arguments that a model wrote, as values Cedar can judge: by the tool's schema, never as they came.
import type { RecordShape, Shape } from "./argument-shape.ts";

export type CedarValue = string | number | boolean | CedarValue[] | { [key: string]: CedarValue };

/** Why a call's arguments cannot be judged. */
export class UnjudgedArguments extends Error {}

/** Numbers that are not whole are passed as ten-thousandths, rounded away from zero. */
const SCALE = 10_000;
const DEEPEST = 32;
const MOST_VALUES = 20_000;
const MOST_CHARACTERS = 1 << 20;
/** Cedar's JSON reads these keys as entities and function calls. */
const RESERVED = new Set(["__entity", "__extn", "__expr"]);

/** Throws UnjudgedArguments for what is too deep, too large, no plain data, or uses reserved keys. */
export const inspectArguments = (value: unknown): void => {
  const left = { values: MOST_VALUES, characters: MOST_CHARACTERS };
  const text = (part: string): void => {
    left.characters -= part.length;
    if (left.characters < 0) throw new UnjudgedArguments("the arguments are too large");
    if (!part.isWellFormed()) throw new UnjudgedArguments("the arguments hold broken characters");
  };
  const visit = (one: unknown, depth: number): void => {
    if (depth > DEEPEST) throw new UnjudgedArguments("the arguments are nested too deeply");
    left.values -= 1;
    if (left.values < 0) throw new UnjudgedArguments("the arguments have too many values");
    if (typeof one === "string") return text(one);
    if (isScalar(one)) return;
    if (Array.isArray(one)) return one.forEach((item) => visit(item, depth + 1));
    for (const [key, item] of entriesOf(one)) {
      if (RESERVED.has(key)) throw new UnjudgedArguments(`the key ${key} is not allowed`);
      text(key);
      visit(item, depth + 1);
    }
  };
  visit(value, 0);
};

const isScalar = (value: unknown): boolean =>
  value === null || ["boolean", "number", "undefined"].includes(typeof value);

const entriesOf = (value: unknown): [string, unknown][] => {
  const prototype: unknown =
    typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype === null || prototype === Object.prototype)
    return Object.entries(value as Record<string, unknown>);
  throw new UnjudgedArguments("the arguments are no plain data");
};

/** The fields that the shape knows. Throws UnjudgedArguments for a value that is not of its type. */
export const convertArguments = (shape: RecordShape, value: unknown): CedarValue =>
  convert(shape, value, "arguments") ?? {};

const convert = (shape: Shape, value: unknown, path: string): CedarValue | undefined => {
  if (value === null || value === undefined || shape.kind === "opaque") return undefined;
  if (shape.kind === "record") return convertRecord(shape, value, path);
  if (shape.kind === "set") {
    if (!Array.isArray(value)) throw unfit(path, "a list");
    return value.flatMap((item, n) => convert(shape.element, item, `${path}[${n}]`) ?? []);
  }
  if (shape.kind === "string" || shape.kind === "boolean") {
    if (typeof value !== shape.kind) throw unfit(path, shape.kind);
    return value as string | boolean;
  }
  return convertNumber(shape.kind, value, path);
};

const convertRecord = (shape: RecordShape, value: unknown, path: string): CedarValue => {
  if (typeof value !== "object" || Array.isArray(value)) throw unfit(path, "an object");
  const given = value as Record<string, unknown>;
  const fields = Object.entries(shape.fields).flatMap(([name, { shape: field, required }]) => {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    const converted = convert(field, own, `${path}.${name}`);
    if (converted === undefined && required) throw unfit(`${path}.${name}`, "given");
    return converted === undefined ? [] : [[name, converted] as const];
  });
  return Object.fromEntries(fields);
};

const convertNumber = (kind: "long" | "decimal", value: unknown, path: string): number => {
  if (typeof value !== "number") throw unfit(path, "a number");
  // Through a string: 1.1 * 10,000 is not an integer in binary.
  const scaled = kind === "long" ? value : Number((Math.abs(value) * SCALE).toPrecision(15));
  const whole = kind === "long" ? scaled : Math.sign(value) * Math.ceil(scaled);
  if (!Number.isSafeInteger(whole)) throw unfit(path, "a number that can be compared exactly");
  return whole === 0 ? 0 : whole;
};

const unfit = (path: string, what: string): UnjudgedArguments =>
  new UnjudgedArguments(`${path} must be ${what}`);
