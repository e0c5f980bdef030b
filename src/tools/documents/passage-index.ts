// Ranked full-text search over passages: BM25 by SQLite's FTS5, in memory.
import Database from "better-sqlite3";
import type { Passage } from "../../protocol/index.ts";

export interface PassageIndex {
  /** The passages with any of the query's words, best first. */
  search(query: string, limit: number): Passage[];
}

/** What is indexed is not what is shown: words hyphenated at a line end are one word here. */
const indexed = (text: string): string =>
  text.normalize("NFKC").replaceAll(/(\p{L})[-‐] (\p{Ll})/gu, "$1$2");

/** A query as FTS5 reads it: each word quoted, so that nothing in it is an operator. */
const matchAny = (query: string): string =>
  (query.normalize("NFKC").match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])
    .map((word) => `"${word}"`)
    .join(" OR ");

/** Words are compared by stem (English) and without accents. */
export const createPassageIndex = (passages: readonly Passage[]): PassageIndex => {
  const database = new Database(":memory:");
  database.exec(
    "CREATE VIRTUAL TABLE passages USING fts5(text, content='', tokenize='porter unicode61 remove_diacritics 2')",
  );
  const insert = database.prepare("INSERT INTO passages(rowid, text) VALUES (?, ?)");
  database.transaction(() => {
    passages.forEach((passage, at) => insert.run(at + 1, indexed(passage.text)));
  })();
  const find = database.prepare<[string, number], { rowid: number }>(
    "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank, rowid LIMIT ?",
  );
  return {
    search: (query, limit) => {
      const match = matchAny(query);
      if (match === "") return [];
      return find.all(match, limit).flatMap(({ rowid }) => passages[rowid - 1] ?? []);
    },
  };
};
