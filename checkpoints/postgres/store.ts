// Items in PostgreSQL: full-text search, and pgvector for distances where the extension is there.
import type { Pool } from "pg";
import type { ItemRow, ItemVector, ItemWrite, Ranked, StoreBackend } from "../store/backend.ts";
import { afterPrefix } from "../store/names.ts";
import { postgresError } from "./connect.ts";

const COLUMNS = "i.id::float8 AS id, i.ns, i.key, i.value, i.created, i.updated";
const BELOW = "i.ns >= $1 AND i.ns < $2 AND (i.expires IS NULL OR i.expires > $3)";

export class PostgresStoreBackend implements StoreBackend {
  private readonly pool: Pool;
  private vectorType: Promise<boolean> | undefined;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  private async rows<Row = ItemRow>(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.pool.query(sql, values)).rows as Row[];
    } catch (error) {
      throw postgresError(error);
    }
  }

  // One statement for the whole batch, so that it is atomic without a transaction of several trips.
  async write(items: readonly ItemWrite[], now: Date): Promise<void> {
    const puts = items.filter(({ value }) => value !== undefined);
    const vectors = puts.flatMap(({ ns, key, model, vectors: own }) =>
      own.map((vector) => ({ ns, key, model, ...vector })),
    );
    await this.rows(
      `WITH written AS (SELECT * FROM unnest($1::text[], $2::text[]) w(ns, key)),
       cleared AS (DELETE FROM st_vectors v USING st_items i, written w WHERE v.item = i.id AND i.ns = w.ns AND i.key = w.key
         AND (i.ns, i.key, v.path) NOT IN (SELECT * FROM unnest($9::text[], $10::text[], $11::text[]))),
       removed AS (DELETE FROM st_items i USING written w WHERE i.ns = w.ns AND i.key = w.key
         AND (i.ns, i.key) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))),
       saved AS (INSERT INTO st_items AS i (ns, key, value, text, created, updated, ttl, expires)
         SELECT p.ns, p.key, p.value, p.text, $8::timestamptz, $8, p.ttl, $8::timestamptz + p.ttl * interval '1 millisecond'
         FROM unnest($3::text[], $4::text[], $5::bytea[], $6::text[], $7::bigint[]) p(ns, key, value, text, ttl)
         ON CONFLICT (ns, key) DO UPDATE SET value = EXCLUDED.value, text = EXCLUDED.text, updated = $8,
           created = CASE WHEN i.expires <= $8 THEN $8 ELSE i.created END, ttl = EXCLUDED.ttl, expires = EXCLUDED.expires
         RETURNING id, ns, key)
       INSERT INTO st_vectors (item, path, model, dims, embedding)
         SELECT s.id, v.path, v.model, cardinality(e.list), e.list
         FROM unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::text[]) v(ns, key, path, model, list)
         JOIN saved s ON s.ns = v.ns AND s.key = v.key CROSS JOIN LATERAL (SELECT v.list::real[] AS list) e
         ON CONFLICT (item, path) DO UPDATE SET model = EXCLUDED.model, dims = EXCLUDED.dims, embedding = EXCLUDED.embedding`,
      [
        items.map(({ ns }) => ns),
        items.map(({ key }) => key),
        puts.map(({ ns }) => ns),
        puts.map(({ key }) => key),
        puts.map(({ value }) => value),
        puts.map(({ text }) => text?.replaceAll("\0", " ") ?? null),
        puts.map(({ ttl }) => ttl ?? null),
        now,
        vectors.map(({ ns }) => ns),
        vectors.map(({ key }) => key),
        vectors.map(({ path }) => path),
        vectors.map(({ model }) => model),
        vectors.map(({ embedding }) => `{${embedding.join(",")}}`),
      ],
    );
  }

  async get(ns: string, key: string, now: Date): Promise<ItemRow | undefined> {
    const rows = await this.rows(
      `SELECT ${COLUMNS} FROM st_items i WHERE i.ns = $1 AND i.key = $2 AND (i.expires IS NULL OR i.expires > $3)`,
      [ns, key, now],
    );
    return rows[0];
  }

  scan({ prefix, limit, offset, now }: Ranked): Promise<ItemRow[]> {
    return this.rows(
      `SELECT ${COLUMNS} FROM st_items i WHERE ${BELOW} ORDER BY i.ns, i.key LIMIT $4 OFFSET $5`,
      [prefix, afterPrefix(prefix), now, limit, offset],
    );
  }

  byText({
    prefix,
    limit,
    offset,
    now,
    words,
  }: Ranked & { words: readonly string[] }): Promise<ItemRow[]> {
    return this.rows(
      `SELECT ${COLUMNS}, ts_rank(i.words, q)::float8 AS score FROM st_items i, to_tsquery('simple', $6) q
       WHERE ${BELOW} AND i.words @@ q ORDER BY score DESC, i.id LIMIT $4 OFFSET $5`,
      [
        prefix,
        afterPrefix(prefix),
        now,
        limit,
        offset,
        words.map((word) => `'${word}'`).join(" | "),
      ],
    );
  }

  private hasVectorType(): Promise<boolean> {
    this.vectorType ??= this.rows<{ found: boolean }>(
      "SELECT to_regtype('vector') IS NOT NULL AS found",
      [],
    ).then(([row]) => row?.found ?? false);
    return this.vectorType;
  }

  async byVector(
    query: Ranked & { embedding: readonly number[]; model: string },
  ): Promise<ItemRow[]> {
    const { prefix, limit, offset, now, embedding, model } = query;
    // without pgvector the same measure in plain SQL: slower, and as right
    const similarity = (await this.hasVectorType())
      ? "1 - (v.embedding::vector <=> ($6::real[])::vector)"
      : `(SELECT sum(a * b) / nullif(sqrt(sum(a * a)) * sqrt(sum(b * b)), 0)
          FROM unnest(v.embedding::float8[], $6::float8[]) p(a, b))`;
    return this.rows(
      `SELECT ${COLUMNS}, max(${similarity})::float8 AS score FROM st_vectors v JOIN st_items i ON i.id = v.item
       WHERE ${BELOW} AND v.model = $7 AND v.dims = $8 GROUP BY i.id ORDER BY score DESC NULLS LAST, i.id LIMIT $4 OFFSET $5`,
      [
        prefix,
        afterPrefix(prefix),
        now,
        limit,
        offset,
        `{${embedding.join(",")}}`,
        model,
        embedding.length,
      ],
    );
  }

  async namespaces(prefix: string, now: Date): Promise<string[]> {
    const rows = await this.rows<{ ns: string }>(
      `SELECT DISTINCT i.ns FROM st_items i WHERE ${BELOW} ORDER BY i.ns`,
      [prefix, afterPrefix(prefix), now],
    );
    return rows.map(({ ns }) => ns);
  }

  async refresh(ids: readonly number[], now: Date): Promise<void> {
    await this.rows(
      `UPDATE st_items SET expires = $2::timestamptz + ttl * interval '1 millisecond'
       WHERE ttl IS NOT NULL AND id = ANY ($1::bigint[])`,
      [ids, now],
    );
  }

  stale(model: string, dims: number, limit: number): Promise<ItemRow[]> {
    return this.rows(
      `SELECT ${COLUMNS} FROM st_items i WHERE EXISTS
         (SELECT FROM st_vectors v WHERE v.item = i.id AND (v.model <> $1 OR v.dims <> $2)) LIMIT $3`,
      [model, dims, limit],
    );
  }

  async setVectors(id: number, model: string, vectors: readonly ItemVector[]): Promise<void> {
    await this.rows(
      `WITH cleared AS (DELETE FROM st_vectors WHERE item = $1 AND NOT path = ANY ($2::text[]))
       INSERT INTO st_vectors (item, path, model, dims, embedding)
         SELECT i.id, v.path, $3, cardinality(v.list::real[]), v.list::real[]
         FROM st_items i, unnest($2::text[], $4::text[]) v(path, list) WHERE i.id = $1
         ON CONFLICT (item, path) DO UPDATE SET model = EXCLUDED.model, dims = EXCLUDED.dims, embedding = EXCLUDED.embedding`,
      [
        id,
        vectors.map(({ path }) => path),
        model,
        vectors.map(({ embedding }) => `{${embedding.join(",")}}`),
      ],
    );
  }

  async sweep(now: Date, limit: number): Promise<number> {
    const rows = await this.rows(
      `DELETE FROM st_items WHERE id = ANY (ARRAY(SELECT id FROM st_items WHERE expires <= $1 LIMIT $2)) RETURNING id`,
      [now, limit],
    );
    return rows.length;
  }
}
