// The auth handlers' filters over one document in memory: for the store, whose items are not rows of ours.
// The same rules that the records apply in SQL.
import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject, MetadataFilter } from "../../storage/index.ts";

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const contains = (value: Json | undefined, wanted: Json): boolean => {
  if (!Array.isArray(value)) return false;
  const all = Array.isArray(wanted) ? (wanted as readonly Json[]) : [wanted];
  return all.every((part) =>
    (value as readonly Json[]).some((item) => isDeepStrictEqual(item, part)),
  );
};

const holds = (value: Json | undefined, condition: Json): boolean => {
  if (!isObject(condition)) return isDeepStrictEqual(value, condition);
  if ("$eq" in condition) return isDeepStrictEqual(value, condition["$eq"]);
  if ("$contains" in condition) return contains(value, condition["$contains"] ?? null);
  return isDeepStrictEqual(value, condition);
};

const parts = (value: Json): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];

export const matchesFilter = (document: JsonObject, filter: MetadataFilter | undefined): boolean =>
  Object.entries(filter ?? {}).every(([key, condition]) => {
    if (key === "$or") return parts(condition).some((part) => matchesFilter(document, part));
    if (key === "$and") return parts(condition).every((part) => matchesFilter(document, part));
    return Object.hasOwn(document, key) && holds(document[key], condition);
  });
