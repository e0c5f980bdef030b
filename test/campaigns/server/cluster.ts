// The processes of the campaign: an API, workers and PostgreSQL, or one server on SQLite; all on loopback,
// in a folder of their own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres.ts";
import { openPartition, type Partition } from "./partition.ts";
import { openSlot, type Slot } from "./slot.ts";

const PROJECT = fileURLToPath(new URL("../server-project/langgraph.json", import.meta.url));

export interface Cluster {
  readonly api: Slot;
  /** On SQLite the server itself. */
  readonly workers: readonly Slot[];
  /** Undefined on SQLite. */
  readonly database: PostgresServer | undefined;
  /** Between the first worker and the database; undefined on SQLite. */
  readonly partition: Partition | undefined;
  readonly url: string;
  /** What `open` takes. */
  readonly databaseUrl: string;
  /** Where the nodes say that they worked. */
  readonly workLog: string;
  /** Logs and data of all processes. */
  readonly folder: string;
  /** Ends the servers; the database stays. */
  stopServers(): Promise<void>;
  close(keepsFolder: boolean): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const SECRETS = /KEY|TOKEN|SECRET|^TUTTI_|^OPENAI_|^LANGSMITH_|^LANGCHAIN_|^DATABASE_URL$/;
const environment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.test(name))),
  ...more,
});

interface Place {
  readonly folder: string;
  readonly workLog: string;
  readonly env: Record<string, string>;
  readonly port: number;
}

const preparePlace = async (nodeMs: number): Promise<Place> => {
  // Whoever stops the campaign stops its processes: they are killed when it exits.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(130));
  const folder = mkdtempSync(join(tmpdir(), "tutti-campaign-"));
  const workLog = join(folder, "work.jsonl");
  writeFileSync(workLog, "");
  const env = { CAMPAIGN_LOG: workLog, CAMPAIGN_NODE_MS: String(nodeMs) };
  return { folder, workLog, env, port: await freePort() };
};

const argsIn = ({ folder }: Place): string[] => [
  "--config",
  PROJECT,
  "--data",
  join(folder, "data"),
];

const serverSlot = (place: Place, more: Record<string, string>, flags: string[]): Slot =>
  openSlot({
    name: "api",
    args: ["serve", "--port", String(place.port), ...flags, ...argsIn(place)],
    env: environment({ ...place.env, ...more }),
    ready: '"docs"',
    logFile: join(place.folder, "api.log"),
  });

/** One process that does it all. */
export const startEmbedded = async (nodeMs: number, concurrency: number): Promise<Cluster> => {
  const place = await preparePlace(nodeMs);
  const { folder, workLog, port } = place;
  const api = serverSlot(place, {}, ["--concurrency", String(concurrency)]);
  await api.untilUp();
  return {
    api,
    workers: [api],
    database: undefined,
    partition: undefined,
    url: `http://127.0.0.1:${port}`,
    databaseUrl: `sqlite:${join(folder, "data/tutti.db")}`,
    workLog,
    folder,
    stopServers: () => api.stop(),
    close: (keepsFolder) => {
      if (!keepsFolder) rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
};

/** The first worker reaches the database through the partition. Throws without an embedded PostgreSQL. */
export const startShared = async (
  nodeMs: number,
  workerCount: number,
  concurrency: number,
): Promise<Cluster> => {
  const database = await startPostgres();
  if ("why" in database) throw new Error(database.why);
  if (database.process === undefined)
    throw new Error("the campaign kills its database: unset DATABASE_URL");
  const place = await preparePlace(nodeMs);
  const { folder, workLog, port } = place;
  const through = new URL(database.url);
  const partition = await openPartition({ host: through.hostname, port: Number(through.port) });
  through.port = String(partition.port);
  const api = serverSlot(place, { DATABASE_URL: database.url }, ["--no-worker"]);
  const workers = Array.from({ length: workerCount }, (_, at) =>
    openSlot({
      name: `worker ${at}`,
      args: ["worker", "--concurrency", String(concurrency), ...argsIn(place)],
      env: environment({
        ...place.env,
        DATABASE_URL: at === 0 ? through.href : database.url,
      }),
      ready: '"working"',
      logFile: join(folder, `worker-${at}.log`),
    }),
  );
  await Promise.all([api, ...workers].map((slot) => slot.untilUp()));
  return {
    api,
    workers,
    database,
    partition,
    url: `http://127.0.0.1:${port}`,
    databaseUrl: database.url,
    workLog,
    folder,
    async stopServers() {
      await Promise.all([api, ...workers].map((slot) => slot.stop()));
    },
    async close(keepsFolder) {
      partition.close();
      await database.stop();
      if (!keepsFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
};

const START_TRIES = 100;

/** Starts it on the same files; what is left of the killed one may hold them for a moment. */
export const restart = async (database: PostgresServer): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await database.restart();
      return;
    } catch (error) {
      if (tries === START_TRIES) throw error;
      await wait(100);
    }
  }
};
