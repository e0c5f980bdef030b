// Tables in memory behind the TableSession port. They can be scanned; SQL is answered from a list.
import { createHash } from "node:crypto";
import { TuttiError } from "../../src/errors.ts";
import type { QueryResult, TableSession } from "../../src/ports/index.ts";
import type { Cell, ColumnProfile, TableProfile } from "../../src/protocol/index.ts";

export interface MemoryTable {
  readonly name: string;
  readonly columns: readonly (Pick<ColumnProfile, "name" | "type"> & { unit?: string })[];
  readonly rows: readonly (readonly Cell[])[];
}

export const memoryHash = (name: string): string => createHash("sha256").update(name).digest("hex");

const profileOf = ({ name, columns, rows }: MemoryTable): TableProfile => ({
  name,
  file: `${name}.csv`,
  sha256: memoryHash(name),
  rows: rows.length,
  columns: columns.map((column) => ({
    role: "dimension",
    missing: 0,
    distinct: 0,
    examples: [],
    ...column,
  })),
  issues: [],
});

/** `answers`: result by SQL text; any other statement fails as TABLE_QUERY. */
export const memorySession = (
  tables: readonly MemoryTable[],
  answers: Readonly<Record<string, QueryResult>> = {},
): TableSession => ({
  profiles: tables.map(profileOf),
  query(sql) {
    const answer = answers[sql];
    return answer === undefined
      ? Promise.reject(new TuttiError("TABLE_QUERY", `no answer is known to ${sql}`))
      : Promise.resolve(answer);
  },
  async *scan(table, columns) {
    const found = tables.find(({ name }) => name === table);
    if (found === undefined) throw new TuttiError("TABLE_QUERY", `there is no table ${table}`);
    const positions = columns.map((column) =>
      found.columns.findIndex(({ name }) => name === column),
    );
    const missing = columns.find((_, at) => positions[at] === -1);
    if (missing !== undefined) throw new TuttiError("TABLE_QUERY", `there is no column ${missing}`);
    // Two chunks, so that nobody counts on one.
    const half = Math.ceil(found.rows.length / 2);
    for (const chunk of [found.rows.slice(0, half), found.rows.slice(half)]) {
      yield await Promise.resolve(chunk.map((row) => positions.map((at) => row[at] ?? null)));
    }
  },
});
