// Items in SQLite: FTS5 for words, sqlite-vec for distances.
import type { Database } from "better-sqlite3";
import { getLoadablePath } from "sqlite-vec";
import type { ItemRow, ItemVector, ItemWrite, Ranked, StoreBackend } from "../store/backend.ts";
import { afterPrefix } from "../store/names.ts";
import { sqliteError } from "./connect.ts";

interface Row {
  readonly id: number;
  readonly ns: string;
  readonly key: string;
  readonly value: Buffer;
  readonly created: number;
  readonly updated: number;
  readonly score?: number;
}

const COLUMNS = "i.id, i.ns, i.key, i.value, i.created, i.updated";
const ALIVE = "(i.expires IS NULL OR i.expires > @now)";
const BELOW = "i.ns >= @prefix AND i.ns < @end";

const toItem = ({ created, updated, ...row }: Row): ItemRow => ({
  ...row,
  created: new Date(created),
  updated: new Date(updated),
});

const toBlob = (embedding: readonly number[]): Buffer =>
  Buffer.from(new Float32Array(embedding).buffer);

export class SqliteStoreBackend implements StoreBackend {
  private readonly database: Database;
  private hasVectors = false;

  constructor(database: Database) {
    this.database = database;
  }

  private run<T>(work: () => T): T {
    try {
      return this.database.transaction(work).immediate();
    } catch (error) {
      throw sqliteError(error);
    }
  }

  private rows(sql: string, values: Record<string, unknown>): ItemRow[] {
    try {
      return (this.database.prepare(sql).all(values) as Row[]).map(toItem);
    } catch (error) {
      throw sqliteError(error);
    }
  }

  async write(items: readonly ItemWrite[], now: Date): Promise<void> {
    this.run(() => {
      for (const item of items) this.writeItem(item, now.getTime());
    });
  }

  private writeItem({ ns, key, value, text, vectors, model, ttl }: ItemWrite, now: number): void {
    const prepare = (sql: string) => this.database.prepare(sql);
    const before = prepare(
      "SELECT id, created, expires FROM st_items WHERE ns = ? AND key = ?",
    ).get(ns, key) as { id: number; created: number; expires: number | null } | undefined;
    if (before !== undefined) {
      prepare("DELETE FROM st_vectors WHERE item = ?").run(before.id);
      prepare("DELETE FROM st_items WHERE id = ?").run(before.id);
    }
    if (value === undefined) return;
    const isAlive = before !== undefined && (before.expires === null || before.expires > now);
    const { lastInsertRowid } = prepare(
      "INSERT INTO st_items (ns, key, value, text, created, updated, ttl, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(
      ns,
      key,
      value,
      text ?? null,
      isAlive ? before.created : now,
      now,
      ttl ?? null,
      ttl === undefined ? null : now + ttl,
    );
    this.addVectors(Number(lastInsertRowid), model, vectors);
  }

  private addVectors(item: number, model: string, vectors: readonly ItemVector[]): void {
    const insert = this.database.prepare(
      "INSERT OR REPLACE INTO st_vectors VALUES (?, ?, ?, ?, ?)",
    );
    for (const { path, embedding } of vectors)
      insert.run(item, path, model, embedding.length, toBlob(embedding));
  }

  async get(ns: string, key: string, now: Date): Promise<ItemRow | undefined> {
    const sql = `SELECT ${COLUMNS} FROM st_items i WHERE i.ns = @ns AND i.key = @key AND ${ALIVE}`;
    return this.rows(sql, { ns, key, now: now.getTime() })[0];
  }

  async scan({ prefix, limit, offset, now }: Ranked): Promise<ItemRow[]> {
    const sql = `SELECT ${COLUMNS} FROM st_items i WHERE ${BELOW} AND ${ALIVE} ORDER BY i.ns, i.key LIMIT @limit OFFSET @offset`;
    return this.rows(sql, { prefix, end: afterPrefix(prefix), limit, offset, now: now.getTime() });
  }

  async byText({
    prefix,
    limit,
    offset,
    now,
    words,
  }: Ranked & { words: readonly string[] }): Promise<ItemRow[]> {
    const sql = `SELECT ${COLUMNS}, -f.rank AS score FROM st_text f JOIN st_items i ON i.id = f.rowid
      WHERE st_text MATCH @query AND ${BELOW} AND ${ALIVE} ORDER BY f.rank, i.id LIMIT @limit OFFSET @offset`;
    const query = words.map((word) => `"${word}"`).join(" OR ");
    return this.rows(sql, {
      query,
      prefix,
      end: afterPrefix(prefix),
      limit,
      offset,
      now: now.getTime(),
    });
  }

  async byVector(
    query: Ranked & { embedding: readonly number[]; model: string },
  ): Promise<ItemRow[]> {
    const { prefix, limit, offset, now, embedding, model } = query;
    if (!this.hasVectors) {
      this.database.loadExtension(getLoadablePath());
      this.hasVectors = true;
    }
    const sql = `SELECT ${COLUMNS}, 1 - min(vec_distance_cosine(v.embedding, @embedding)) AS score
      FROM st_vectors v JOIN st_items i ON i.id = v.item
      WHERE ${BELOW} AND ${ALIVE} AND v.model = @model AND v.dims = @dims
      GROUP BY i.id ORDER BY score DESC, i.id LIMIT @limit OFFSET @offset`;
    const values = { prefix, end: afterPrefix(prefix), limit, offset, model, now: now.getTime() };
    return this.rows(sql, { ...values, dims: embedding.length, embedding: toBlob(embedding) });
  }

  async namespaces(prefix: string, now: Date): Promise<string[]> {
    const sql = `SELECT DISTINCT i.ns FROM st_items i WHERE ${BELOW} AND ${ALIVE} ORDER BY i.ns`;
    return this.database
      .prepare(sql)
      .pluck()
      .all({ prefix, end: afterPrefix(prefix), now: now.getTime() }) as string[];
  }

  async refresh(ids: readonly number[], now: Date): Promise<void> {
    const due = this.database
      .prepare(
        "SELECT id FROM st_items WHERE ttl IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
      )
      .pluck()
      .all(JSON.stringify(ids));
    if (due.length === 0) return;
    this.run(() => {
      const update = this.database.prepare("UPDATE st_items SET expires = ? + ttl WHERE id = ?");
      for (const id of due) update.run(now.getTime(), id);
    });
  }

  async stale(model: string, dims: number, limit: number): Promise<ItemRow[]> {
    const sql = `SELECT ${COLUMNS} FROM st_items i WHERE i.id IN
      (SELECT item FROM st_vectors WHERE model <> @model OR dims <> @dims) LIMIT @limit`;
    return this.rows(sql, { model, dims, limit });
  }

  async setVectors(id: number, model: string, vectors: readonly ItemVector[]): Promise<void> {
    this.run(() => {
      this.database.prepare("DELETE FROM st_vectors WHERE item = ?").run(id);
      this.addVectors(id, model, vectors);
    });
  }

  async sweep(now: Date, limit: number): Promise<number> {
    return this.run(() => {
      const ids = this.database
        .prepare("SELECT id FROM st_items WHERE expires <= ? LIMIT ?")
        .pluck()
        .all(now.getTime(), limit);
      for (const id of ids) {
        this.database.prepare("DELETE FROM st_vectors WHERE item = ?").run(id);
        this.database.prepare("DELETE FROM st_items WHERE id = ?").run(id);
      }
      return ids.length;
    });
  }
}
