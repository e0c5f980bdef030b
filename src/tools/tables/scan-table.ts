// Every row of some columns in file order, for computations that do not trust SQL.
import type { DuckDBInstance } from "@duckdb/node-api";
import { TuttiError } from "../../errors.ts";
import type { Cell, TableProfile } from "../../protocol/index.ts";
import { cellOfValue } from "./duck-cell.ts";
import { watchOver } from "./run-query.ts";

/** Throws TABLE_QUERY for an unknown table or column, CANCELLED. */
export async function* scanTable(
  instance: DuckDBInstance,
  profile: TableProfile | undefined,
  table: string,
  columns: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Cell[][]> {
  const known = new Set(profile?.columns.map(({ name }) => name));
  const unknown = columns.find((name) => !known.has(name));
  if (profile === undefined || unknown !== undefined || columns.length === 0) {
    const what =
      profile === undefined ? `table "${table}"` : `column "${unknown ?? ""}" in ${table}`;
    throw new TuttiError("TABLE_QUERY", `There is no ${what}.`);
  }
  const connection = await instance.connect();
  const watch = watchOver(connection, undefined, signal);
  try {
    watch.check();
    const list = columns.map((name) => `"${name}"`).join(", ");
    // DuckDB keeps the order of insertion, which is the order of the file.
    const result = await connection.stream(`SELECT ${list} FROM "${table}"`);
    for (;;) {
      watch.check();
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getRows().map((row) => row.map(cellOfValue));
    }
  } catch (error) {
    watch.check();
    throw error;
  } finally {
    watch.end();
    connection.closeSync();
  }
}
