// The way back from packed data (pack.ts) to values. It knows the tags and nothing else: an unknown
// tag is damage, never an invitation to look a class up.
import { CheckpointError } from "../errors.ts";
import { CLASSES, ERROR_CLASSES, MESSAGE_CLASSES, VIEW_CLASSES } from "./classes.ts";

type Plain = Record<string, unknown>;

const damaged = (what: string): never => {
  throw new CheckpointError("CHECKPOINT_INVALID", `A stored value cannot be read: ${what}.`, {
    hint: "Run `tutti db verify` to see which threads are touched.",
  });
};

const setOwn = (target: object, key: string, value: unknown): void => {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
};

/** @throws CheckpointError CHECKPOINT_INVALID for an unknown tag. Changes `packed` in place. */
export const unpack = (packed: unknown): unknown => {
  if (typeof packed !== "object" || packed === null) return packed;
  if (Array.isArray(packed)) {
    for (let i = 0; i < packed.length; i += 1) {
      if (typeof packed[i] === "object") packed[i] = unpack(packed[i]);
    }
    return packed;
  }
  const plain = packed as Plain;
  const kind = plain["$t"];
  if (typeof kind === "string") return revive(kind, plain);
  for (const key of Object.keys(plain)) {
    if (typeof plain[key] === "object") plain[key] = unpack(plain[key]);
  }
  return plain;
};

const fromEntries = (target: object, entries: [string, unknown][]): object => {
  for (const [key, value] of entries) setOwn(target, key, unpack(value));
  return target;
};

const sparse = ([length, items]: [number, [number, unknown][]]): unknown[] => {
  const array: unknown[] = [];
  array.length = length;
  for (const [index, item] of items) array[index] = unpack(item);
  return array;
};

const ownBytes = (text: string): ArrayBuffer => {
  const shared = Buffer.from(text, "base64"); // may lie in Node's pool
  return shared.buffer.slice(shared.byteOffset, shared.byteOffset + shared.byteLength);
};

const error = ([name, fields]: [string, Plain]): Error => {
  const cls = Object.hasOwn(ERROR_CLASSES, name) ? (ERROR_CLASSES[name] ?? Error) : Error;
  const result = new cls(typeof fields["message"] === "string" ? fields["message"] : "");
  for (const key of Object.keys(fields)) {
    const hidden = key === "stack" || key === "message" || key === "cause";
    Object.defineProperty(result, key, {
      value: unpack(fields[key]),
      writable: true,
      configurable: true,
      enumerable: !hidden,
    });
  }
  if (!Object.hasOwn(fields, "stack")) delete result.stack;
  return result;
};

/** A message from its packed form; `id` is given when it was stored beside the message. */
export const reviveMessage = (kind: string, plain: Plain, id?: string): object => {
  const cls = MESSAGE_CLASSES[kind];
  if (cls === undefined) return damaged(`unknown kind "${kind}"`);
  const fields = unpack(plain["k"]) as Plain;
  if (id !== undefined) fields["id"] = id;
  const message = new cls(fields as never);
  const changed = plain["o"] as Plain | undefined;
  if (changed !== undefined) {
    for (const key of Object.keys(changed)) setOwn(message, key, unpack(changed[key]));
  }
  return message;
};

const send = ([node, args, timeout]: [string, unknown, unknown]): object => {
  // not through the constructor: it would turn look-alikes inside the arguments into classes
  const result = Object.create(CLASSES.Send.prototype) as object;
  return Object.assign(result, {
    lg_name: "Send",
    node,
    args: unpack(args),
    timeout: unpack(timeout),
  });
};

const command = (fields: Plain): object => {
  const parts = unpack(fields) as Plain;
  const result = new CLASSES.Command({});
  for (const key of Object.keys(parts)) setOwn(result, key, parts[key]);
  return result;
};

const view = ([name, text]: [string, string]): unknown => {
  const cls = VIEW_CLASSES[name];
  return cls === undefined ? damaged(`unknown view "${name}"`) : new cls(ownBytes(text));
};

const regexp = ([source, flags, lastIndex]: [string, string, number]): RegExp =>
  Object.assign(new RegExp(source, flags), { lastIndex });

// oxlint-disable-next-line typescript/no-explicit-any -- each reviver knows the shape its packer wrote
const REVIVERS: Record<string, (value: any) => unknown> = {
  u: () => undefined,
  n: (text: string) => Number(text),
  i: (text: string) => BigInt(text),
  d: (ms: number | null) => new Date(ms ?? Number.NaN),
  m: (entries: [unknown, unknown][]) => new Map(entries.map(([k, v]) => [unpack(k), unpack(v)])),
  s: (items: unknown[]) => new Set(items.map(unpack)),
  o: (entries: [string, unknown][]) => fromEntries({}, entries),
  np: (entries: [string, unknown][]) => fromEntries(Object.create(null) as object, entries),
  sa: sparse,
  b: (text: string) => new Uint8Array(ownBytes(text)),
  buf: (text: string) => Buffer.from(ownBytes(text)),
  ab: ownBytes,
  view,
  e: error,
  r: regexp,
  url: (href: string) => new URL(href),
  ds: (value: unknown) => new CLASSES.DeltaSnapshot(unpack(value)),
  ov: (value: unknown) => new CLASSES.Overwrite(unpack(value)),
  send,
  cmd: command,
  doc: ([pageContent, metadata, id]: [string, Plain, unknown]) =>
    new CLASSES.Document({
      pageContent,
      metadata: unpack(metadata) as Plain,
      id: unpack(id) as string,
    }),
};

const revive = (kind: string, plain: Plain): unknown => {
  if (Object.hasOwn(MESSAGE_CLASSES, kind)) return reviveMessage(kind, plain);
  const reviver = Object.hasOwn(REVIVERS, kind) ? REVIVERS[kind] : undefined;
  return reviver === undefined ? damaged(`unknown kind "${kind}"`) : reviver(plain["v"]);
};
