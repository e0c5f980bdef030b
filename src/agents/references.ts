// What a submission may refer to: the results, passages and files that the agent's own calls returned.
import type { ArtifactStore } from "../ports/index.ts";
import { FileRef, type Passage, SearchResult, SqlResult, StoredResult } from "../protocol/index.ts";
import { TuttiError } from "../errors.ts";
import { type Call, tryJson } from "./transcript.ts";

/** The JSON answers of the calls that succeeded. */
const answers = (calls: readonly Call[]): unknown[] =>
  calls.flatMap((call) => (call.ok ? [tryJson(call.answer ?? "")] : []));

/** Results of the `sql` calls, by resultId. */
export const sqlResults = (calls: readonly Call[]): Map<string, SqlResult> => {
  const found = answers(calls.filter(({ tool }) => tool === "sql")).flatMap(
    (answer) => SqlResult.safeParse(answer).data ?? [],
  );
  return new Map(found.map((result) => [result.resultId, result]));
};

/** Passages that searches returned, by id. */
export const foundPassages = (calls: readonly Call[]): Map<string, Passage> => {
  const found = answers(calls).flatMap((answer) => SearchResult.safeParse(answer).data ?? []);
  return new Map(found.flatMap(({ passages }) => passages).map((passage) => [passage.id, passage]));
};

/** Every FileRef inside a value: a file on its own, a chart's pictures, a list of files. */
const filesIn = (value: unknown, depth = 0): FileRef[] => {
  if (typeof value !== "object" || value === null || depth > 4) return [];
  const file = FileRef.safeParse(value);
  if (file.success) return [file.data];
  return Object.values(value).flatMap((inner) => filesIn(inner, depth + 1));
};

/** Files that tools made, by sha256. */
export const madeFiles = (calls: readonly Call[]): Map<string, FileRef> =>
  new Map(
    answers(calls)
      .flatMap((answer) => filesIn(answer))
      .map((file) => [file.sha256, file]),
  );

/** The whole result behind a resultId. Throws ARTIFACT_MISSING when it is gone or no result. */
export const loadResult = async (store: ArtifactStore, resultId: string): Promise<StoredResult> => {
  const text = new TextDecoder().decode(await store.get(resultId));
  const result = StoredResult.safeParse(tryJson(text));
  if (result.success) return result.data;
  throw new TuttiError("ARTIFACT_MISSING", `${resultId} is no stored query result`, {
    hint: "Run the task again.",
    cause: result.error,
  });
};

/** SQL without comments and string literals; quoted names stay, without their quotes. */
const namesOf = (sql: string): Set<string> => {
  const bare = sql
    .replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ")
    .replaceAll(/'(?:[^']|'')*'/g, " ")
    .toLowerCase();
  const quoted = [...bare.matchAll(/"((?:[^"]|"")*)"/g)].map(([, name]) => name ?? "");
  return new Set([...quoted, ...(bare.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [])]);
};

/** The sources whose table the SQL names; all of them when it names none that is known. */
export const sourcesRead = ({ sql, sources }: StoredResult): StoredResult["sources"] => {
  const names = namesOf(sql);
  const read = sources.filter(({ table }) => names.has(table.toLowerCase()));
  return read.length > 0 ? read : sources;
};
