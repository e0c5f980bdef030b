// A query's result as an artifact: the same rows of the same sources have the same hash.
import type { ArtifactStore, QueryResult, TableSession } from "../../ports/index.ts";
import { STORED_RESULT_MIME, StoredResult } from "../../protocol/index.ts";

/** Keys sorted, no spaces; numbers as JSON.stringify writes them. */
const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
};

/** Answers the artifact's sha256: the `resultId`. */
export const storeResult = async (
  store: ArtifactStore,
  session: TableSession,
  sql: string,
  result: QueryResult,
): Promise<string> => {
  const stored: StoredResult = StoredResult.parse({
    sql,
    ...result,
    sources: session.profiles.map(({ name, sha256 }) => ({ table: name, sha256 })),
  });
  const bytes = new TextEncoder().encode(canonicalJson(stored));
  const file = await store.put(bytes, { name: "result.json", mime: STORED_RESULT_MIME });
  return file.sha256;
};
