// Answers already computed: an assignee that tries again is held to the same ones, and other periods
// are looked through once.
import type { TableSession } from "../ports/index.ts";

interface Entry {
  readonly value: unknown;
  readonly rows: number;
}

/** Keeps the latest computations up to a number of rows. Values are shared and must not be changed. */
export class ComputationCache {
  readonly #entries = new Map<string, Entry>();
  readonly #mostRows: number;
  #rows = 0;

  constructor(mostRows = 200_000) {
    this.#mostRows = mostRows;
  }

  /** The value of a question about the session's files, by their content; computed when it is new. */
  async of<T>(
    session: TableSession,
    question: unknown,
    compute: () => Promise<T>,
    rowsOf: (value: T) => number,
  ): Promise<T> {
    const files = session.profiles.map(({ name, sha256, sheet, rows }) => [
      name,
      sha256,
      sheet,
      rows,
    ]);
    const key = JSON.stringify([files, question]);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value as T;
    }
    const value = await compute();
    this.#keep(key, { value, rows: 1 + rowsOf(value) });
    return value;
  }

  #keep(key: string, entry: Entry): void {
    this.#forget(key);
    if (entry.rows > this.#mostRows) return;
    this.#entries.set(key, entry);
    this.#rows += entry.rows;
    for (const oldest of this.#entries.keys()) {
      if (this.#rows <= this.#mostRows) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#rows -= this.#entries.get(key)?.rows ?? 0;
    this.#entries.delete(key);
  }
}
