// The two databases for suites that hold for both. Every `open` gives an empty one of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Pool } from "pg";
import {
  type DeliveryOf,
  type OpenRecords,
  openPostgresRecords,
  openSqliteRecords,
  type Signal,
} from "../../src/storage/index.ts";
import { type PostgresServer, startPostgres } from "../fixtures/postgres.ts";

export interface Opened {
  readonly records: OpenRecords;
  /** What others were told, in order; empty it at will. */
  readonly signals: Signal[];
  /** Moved by hand. */
  readonly clock: { time: number };
  /** A second process on the same data. */
  another(): Promise<OpenRecords>;
  /** One statement, for looking behind the port. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface RecordStore {
  readonly name: "sqlite" | "postgres";
  open(): Promise<Opened>;
  dispose(): Promise<void>;
}

const START = Date.UTC(2026, 10, 22);

const deliveryOf: DeliveryOf = ({ id, tenant, webhook }, { status }) => ({
  id,
  tenant,
  url: webhook ?? "",
  body: status,
});

const sqlite = (): RecordStore => ({
  name: "sqlite",
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-records-"));
    const signals: Signal[] = [];
    const clock = { time: START };
    const databases: Database.Database[] = [];
    const connect = (): OpenRecords => {
      const database = new Database(join(folder, "t.db"));
      databases.push(database);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = NORMAL");
      return openSqliteRecords(database, {
        clock: { now: () => clock.time },
        signals: { after: (told) => void signals.push(...told) },
        deliveryOf,
      });
    };
    return {
      records: connect(),
      signals,
      clock,
      another: async () => connect(),
      query: async (text) =>
        (databases[0] as Database.Database).prepare(text).all() as Record<string, unknown>[],
      close: async () => {
        for (const database of databases) database.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  dispose: async () => undefined,
});

const postgres = (server: PostgresServer): RecordStore => {
  let count = 0;
  return {
    name: "postgres",
    open: async () => {
      const schema = `records_${(count += 1)}`; // one database, a schema for each test
      const pool = new Pool({ connectionString: server.url, max: 12 });
      pool.on("error", () => undefined);
      const signals: Signal[] = [];
      const clock = { time: START };
      const connect = () =>
        openPostgresRecords(pool, {
          schema,
          clock: { now: () => clock.time },
          signals: { after: (told) => void signals.push(...told) },
          deliveryOf,
        });
      return {
        records: await connect(),
        signals,
        clock,
        another: connect,
        query: async (text) => {
          const client = await pool.connect();
          await client.query(`BEGIN; SET LOCAL search_path TO ${schema}`);
          const { rows } = await client.query(text);
          await client.query("COMMIT");
          client.release();
          return rows;
        },
        close: () => pool.end(),
      };
    },
    dispose: () => server.stop(),
  };
};

/** Call at the top of a test file, and `dispose` them afterwards. */
export const recordStores = async (): Promise<RecordStore[]> => {
  const server = await startPostgres();
  return "why" in server ? [sqlite()] : [sqlite(), postgres(server)];
};
