// The savers that are compared, each on an empty database of its own.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointTuple,
} from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import Database from "better-sqlite3";
import { Pool } from "pg";
import { open } from "../../checkpoints/index.ts";
import { startPostgres } from "../../test/fixtures/postgres.ts";
import type { Kind } from "./table.ts";

export type AnySaver = BaseCheckpointSaver<string | number>;

export interface Subject {
  readonly saver: AnySaver;
  /** Bytes of everything it stored. */
  bytes(): Promise<number>;
  close(): Promise<void>;
}

class NoSaver extends BaseCheckpointSaver {
  override getNextVersion(current: number | undefined): number {
    return (current ?? 0) + 1;
  }

  override async getTuple(): Promise<undefined> {}

  override async *list(): AsyncGenerator<CheckpointTuple> {}

  override async put({ configurable }: RunnableConfig, { id }: Checkpoint) {
    return { configurable: { ...configurable, checkpoint_id: id } };
  }

  override async putWrites(): Promise<void> {}

  override async deleteThread(): Promise<void> {}
}

/** Stores nothing: what LangGraph, or our driver, costs by itself. */
export const NO_SAVER = new NoSaver() as unknown as AnySaver;

/** Both on WAL; ours as `open` sets a database up. */
export const sqliteSubject = async (
  kind: Kind,
  durability: "full" | "normal",
): Promise<Subject> => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
  const path = join(folder, "t.db");
  if (kind === "ours") {
    const persistence = await open(`sqlite:${path}`, { durability });
    const database = persistence.database as Database.Database;
    const size = async (): Promise<number> => sizeOf(database, folder);
    const close = async (): Promise<void> => {
      await persistence.close();
      rmSync(folder, { recursive: true });
    };
    return { saver: persistence.saver, bytes: size, close };
  }
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${durability}`);
  const saver = new SqliteSaver(database) as unknown as AnySaver;
  const close = async (): Promise<void> => {
    database.close();
    rmSync(folder, { recursive: true });
  };
  return { saver, bytes: async () => sizeOf(database, folder), close };
};

const sizeOf = (database: Database.Database, folder: string): number => {
  database.pragma("wal_checkpoint(TRUNCATE)");
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
};

export interface PostgresBench {
  subject(kind: Kind): Promise<Subject>;
  /** For statements beside the savers'. */
  readonly admin: Pool;
  stop(): Promise<void>;
}

/** A server of its own, with fsync. @throws Error when there is no PostgreSQL. */
export const startPostgresBench = async (): Promise<PostgresBench> => {
  const server = await startPostgres({ fsync: true });
  if ("why" in server) throw new Error(server.why);
  const admin = new Pool({ connectionString: server.url, max: 1 });
  let databases = 0;
  return {
    admin,
    subject: async (kind) => {
      const name = `bench_${(databases += 1)}`;
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return postgresSubject(kind, url.href);
    },
    stop: async () => {
      await admin.end();
      await server.stop();
    },
  };
};

const postgresSubject = async (kind: Kind, url: string): Promise<Subject> => {
  const size = new Pool({ connectionString: url, max: 1 });
  const bytes = async (): Promise<number> => {
    await size.query("CHECKPOINT");
    const { rows } = await size.query<{ bytes: string }>(
      `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'`,
    );
    return Number(rows[0]?.bytes);
  };
  if (kind === "ours") {
    const { saver, close } = await open(url);
    return { saver, bytes, close: async () => void (await Promise.all([close(), size.end()])) };
  }
  const pool = new Pool({ connectionString: url, max: 10 });
  const saver = new PostgresSaver(pool);
  await saver.setup();
  return {
    saver: saver as unknown as AnySaver,
    bytes,
    close: async () => void (await Promise.all([pool.end(), size.end()])),
  };
};
