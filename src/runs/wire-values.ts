// Values of a graph as the API shows them: plain JSON. LangChain messages are flattened to
// `{type, content, …}`; nothing that a state, an event or an error may hold makes it fail.
import { messageOf } from "../errors.ts";
import type { Json } from "../storage/index.ts";

/** Deeper than any real state, and shallow enough for every JSON parser. */
const DEEPEST = 2_000;

interface Message {
  toDict(): { type: string; data: Record<string, unknown> };
}

const isMessage = (value: object): value is Message =>
  "toDict" in value && typeof value.toDict === "function";
const hasJson = (value: object): value is { toJSON(): unknown } =>
  "toJSON" in value && typeof value.toJSON === "function";

/** What stands in JSON for an object that is not plain data; undefined when it is plain. */
const replaced = (value: object): { by: unknown } | undefined => {
  if (isMessage(value)) {
    const { type, data } = value.toDict();
    return { by: { ...data, type } };
  }
  if (hasJson(value)) return { by: value.toJSON() };
  if (value instanceof Map)
    return {
      by: Object.fromEntries(
        [...value].map(([key, item]: [unknown, unknown]) => [String(key), item]),
      ),
    };
  if (value instanceof Set) return { by: [...value] };
  if (value instanceof Error) return { by: errorValue(value) };
  if (ArrayBuffer.isView(value))
    return {
      by: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"),
    };
  return undefined;
};

const convertItems = (items: readonly unknown[], path: Set<object>): readonly unknown[] => {
  let changed: unknown[] | undefined;
  for (const [i, item] of items.entries()) {
    const wire = convert(item, path);
    if (wire !== item && changed === undefined) changed = items.slice(0, i);
    changed?.push(wire);
  }
  return changed ?? items;
};

const convertEntries = (value: object, path: Set<object>): unknown => {
  let isChanged = false;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]): [string, unknown] => {
    const wire = convert(item, path);
    isChanged ||= wire !== item;
    return [key, wire];
  });
  // fromEntries defines own properties, `__proto__` too
  return isChanged ? Object.fromEntries(entries) : value;
};

// `path` holds the objects on the way down: a value that contains itself ends there.
const convert = (value: unknown, path: Set<object>): unknown => {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (path.has(value)) return "[circular]";
  if (path.size >= DEEPEST) return "[too deep]";
  path.add(value);
  const instead = Array.isArray(value) ? undefined : replaced(value);
  const wire =
    instead !== undefined
      ? convert(instead.by, path)
      : Array.isArray(value)
        ? convertItems(value, path)
        : convertEntries(value, path);
  path.delete(value);
  return wire;
};

/** `{error: name, message}`, as the API writes errors; ours carry code and hint too. */
export const errorValue = (error: unknown): { error: string; message: string; hint?: string } => {
  if (!(error instanceof Error)) return { error: "Error", message: textOf(error) };
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  const isOurs = error.name === "TuttiError" && typeof code === "string";
  return {
    error: isOurs ? code : error.name,
    message: error.message,
    ...(isOurs && typeof hint === "string" ? { hint } : {}),
  };
};

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : (wireText(value) ?? messageOf(value));

/** The value without anything that JSON cannot hold; itself where it is plain already. */
export const toWire = (value: unknown): Json => convert(value, new Set()) as Json;

/** JSON text of any value; what has none (undefined, a function) is `null`. */
export const wireText = (value: unknown): string => JSON.stringify(toWire(value)) ?? "null";
