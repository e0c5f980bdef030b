// Filters of store searches: plain values are compared by value, and $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin.
import { isDeepStrictEqual } from "node:util";
import { CheckpointError } from "../errors.ts";

type Operators = Record<string, unknown>;

const isOperators = (value: unknown): value is Operators => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
};

const order = (a: unknown, b: unknown): number => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  return Number.NaN; // not comparable: no order holds
};

const OPERATORS: Readonly<Record<string, (actual: unknown, wanted: unknown) => boolean>> = {
  $eq: isDeepStrictEqual,
  $ne: (actual, wanted) => !isDeepStrictEqual(actual, wanted),
  $gt: (actual, wanted) => order(actual, wanted) > 0,
  $gte: (actual, wanted) => order(actual, wanted) >= 0,
  $lt: (actual, wanted) => order(actual, wanted) < 0,
  $lte: (actual, wanted) => order(actual, wanted) <= 0,
  $in: (actual, wanted) =>
    Array.isArray(wanted) && wanted.some((item) => isDeepStrictEqual(actual, item)),
  $nin: (actual, wanted) =>
    Array.isArray(wanted) && !wanted.some((item) => isDeepStrictEqual(actual, item)),
};

const matches = (actual: unknown, wanted: unknown): boolean => {
  if (!isOperators(wanted)) return isDeepStrictEqual(actual, wanted);
  return Object.entries(wanted).every(([name, operand]) => {
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (operator === undefined)
      throw new CheckpointError("CHECKPOINT_INVALID", `Unknown filter operator ${name}.`);
    return operator(actual, operand);
  });
};

/** @throws CheckpointError CHECKPOINT_INVALID for an unknown operator. */
export const matchesItem = (
  value: Record<string, unknown>,
  filter: Record<string, unknown> | undefined,
): boolean =>
  Object.entries(filter ?? {}).every(([key, wanted]) =>
    matches(Object.hasOwn(value, key) ? value[key] : undefined, wanted),
  );
