// The three adapters for suites that hold for each of them. PostgreSQL that cannot be had is skipped
// with a loud word (test/fixtures/postgres.ts).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { open, type OpenOptions, type Persistence } from "../../checkpoints/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";

export interface Adapter {
  readonly name: string;
  /** A new empty database; returns its url. */
  create(): Promise<string>;
  open(url: string, options?: OpenOptions): Promise<Persistence>;
  dispose(): Promise<void>;
}

const sqlite = (): Adapter => {
  const folders: string[] = [];
  return {
    name: "sqlite",
    create: async () => {
      const folder = mkdtempSync(join(tmpdir(), "tutti-saver-"));
      folders.push(folder);
      return `sqlite:${join(folder, "t.db")}`;
    },
    open: (url, options) => open(url, { durability: "normal", ...options }),
    dispose: async () =>
      folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })),
  };
};

const memory = (): Adapter => ({
  name: "memory",
  create: async () => "memory:",
  open: (url, options) => open(url, options),
  dispose: async () => undefined,
});

const postgres = async (): Promise<Adapter | undefined> => {
  const server = await startPostgres();
  if ("why" in server) return undefined;
  let count = 0;
  return {
    name: "postgres",
    create: async () => {
      const url = new URL(server.url);
      url.pathname += `_${(count += 1)}`;
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query(`CREATE DATABASE ${url.pathname.slice(1)}`);
      await client.end();
      return url.href;
    },
    open: (url, options) => open(url, { pool: { connections: 4 }, ...options }),
    dispose: () => server.stop(),
  };
};

/** Adapters for this file; call at its top level, and `dispose` them afterwards. */
export const adapters = async (): Promise<Adapter[]> => {
  const shared = await postgres();
  return [sqlite(), memory(), ...(shared === undefined ? [] : [shared])];
};
