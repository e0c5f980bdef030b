// A transaction is a generator of queries: SQLite runs it to its end in one go, PostgreSQL statement by
// statement on one connection. The code of the transaction is the same, and never sees which.
import type { Compilable, CompiledQuery } from "kysely";
import type { Signal } from "./records.ts";

/** What a query answered: its rows, or how many it changed. */
export interface Answer {
  readonly rows: readonly unknown[];
  readonly changes: number;
}

/** Yields queries and signals; signals are sent if and only if the transaction commits. */
export type Step<T> = Generator<CompiledQuery | { readonly signal: Signal }, T, Answer>;

export function* all<Row>(query: Compilable<Row>): Step<Row[]> {
  const answer = yield query.compile();
  return answer.rows as Row[];
}

export function* one<Row>(query: Compilable<Row>): Step<Row | undefined> {
  const rows = yield* all(query);
  return rows[0];
}

/** Answers how many rows were changed. */
export function* run(query: Compilable): Step<number> {
  const answer = yield query.compile();
  return answer.changes;
}

export function* tell(signal: Signal): Step<void> {
  yield { signal };
}

/** Runs steps. Every call is one transaction; the factory is called again when it must be repeated. */
export interface Runner {
  /** Statements that only read, each on its own. */
  read<T>(step: () => Step<T>): Promise<T>;
  write<T>(step: () => Step<T>): Promise<T>;
}
