// Reads what @langchain/langgraph-checkpoint's JsonPlusSerializer wrote: `lc: 2` records for
// built-ins and `lc: 1` constructor records. Only the classes on our own list are revived; any other
// record stays the inert data it is.
import { CLASSES, messageClassNamed } from "./classes.ts";

type Plain = Record<string, unknown>;

const isArrayOf = (value: unknown, test: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(test);

const isPair = (item: unknown): boolean => Array.isArray(item) && item.length === 2;
const isByte = (item: unknown): boolean =>
  Number.isInteger(item) && Number(item) >= 0 && Number(item) <= 255;

const builtin = (record: Plain): unknown => {
  const name =
    Array.isArray(record["id"]) && record["id"].length === 1 ? String(record["id"][0]) : "";
  const args = Array.isArray(record["args"]) ? (record["args"] as unknown[]) : [];
  const first = args[0];
  if (name === "Set" && Array.isArray(first)) return new Set(first as unknown[]);
  if (name === "Map" && isArrayOf(first, isPair)) return new Map(first as [unknown, unknown][]);
  if (name === "Error" && typeof first === "string") return new Error(first);
  if (name === "Uint8Array" && isArrayOf(first, isByte)) return new Uint8Array(first as number[]);
  if (name !== "RegExp" || typeof first !== "string") return record;
  try {
    return new RegExp(first, String(args[1]));
  } catch {
    return record; // not written by a RegExp: leave the data as they are
  }
};

const constructed = (record: Plain): unknown => {
  const id = record["id"] as unknown[];
  const name = String(id.at(-1));
  const kwargs = record["kwargs"];
  if (id[0] !== "langchain_core" || typeof kwargs !== "object" || kwargs === null) return record;
  const cls = id[1] === "messages" ? messageClassNamed(name) : undefined;
  if (cls !== undefined) return new cls(kwargs as never);
  if (name !== "Document") return record;
  const { pageContent, page_content: text, metadata, id: documentId } = kwargs as Plain;
  const found = pageContent ?? text;
  const content = typeof found === "string" ? found : "";
  return new CLASSES.Document({
    pageContent: content,
    metadata: metadata as Plain,
    id: documentId as string,
  });
};

/** Revives parsed JSON of the official serializer, from the innermost value outwards. */
export const reviveOfficial = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reviveOfficial);
  const record: Plain = {};
  for (const key of Object.keys(value)) {
    const item = reviveOfficial((value as Plain)[key]);
    Object.defineProperty(record, key, {
      value: item,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  if (record["lc"] === 2 && record["type"] === "undefined") return undefined;
  if (record["lc"] === 2 && record["type"] === "delta_snapshot")
    return new CLASSES.DeltaSnapshot(record["value"]);
  if (record["lc"] === 2 && record["type"] === "constructor") return builtin(record);
  const isConstructor = record["lc"] === 1 && record["type"] === "constructor";
  return isConstructor && Array.isArray(record["id"]) ? constructed(record) : record;
};
