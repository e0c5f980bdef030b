// What a handler may return as a filter. A filter that is not understood must never let everything through:
// `{ owner: undefined }` would become `{}`, which holds for every row.
import { TuttiError } from "../../errors.ts";
import type { JsonObject, MetadataFilter } from "../../storage/index.ts";

const OPERATORS: ReadonlySet<string> = new Set(["$eq", "$contains"]);

const unusable = (what: string): TuttiError =>
  new TuttiError("INTERNAL", `an auth handler returned a filter that cannot be used: ${what}`, {
    hint: "a filter is {key: value}, {key: {$eq}}, {key: {$contains}}, {$or: […]} or {$and: […]}",
  });

const isPlain = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const isJson = (value: unknown): boolean => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return Array.isArray(value)
    ? value.every(isJson)
    : isPlain(value) && Object.values(value).every(isJson);
};

/** One that holds only when both operators do is written as two, which every reader understands. */
const conditionOf = (key: string, condition: unknown): MetadataFilter => {
  if (!isJson(condition)) throw unusable(`the value of ${key} is no JSON`);
  if (!isPlain(condition)) return { [key]: condition } as JsonObject;
  const names = Object.keys(condition).filter((name) => name.startsWith("$"));
  if (names.length === 0) return { [key]: condition } as JsonObject;
  const unknown = Object.keys(condition).find((name) => !OPERATORS.has(name));
  if (unknown !== undefined) throw unusable(`${key} has the operator ${unknown}`);
  if (names.length === 1) return { [key]: condition } as JsonObject;
  return { $and: names.map((name) => ({ [key]: { [name]: condition[name] } })) } as JsonObject;
};

const partOf = ([key, value]: [string, unknown]): MetadataFilter => {
  if (key === "$or" || key === "$and") {
    if (!Array.isArray(value)) throw unusable(`${key} takes a list`);
    return { [key]: value.map(filterOf) };
  }
  if (key.startsWith("$")) throw unusable(`there is no operator ${key}`);
  return conditionOf(key, value);
};

/** Throws INTERNAL. */
export const filterOf = (returned: unknown): MetadataFilter => {
  if (!isPlain(returned)) throw unusable("it is no object");
  const parts = Object.entries(returned).map(partOf);
  const [only] = parts;
  if (only === undefined) return {};
  return parts.length === 1 ? only : { $and: parts };
};
