// What a server and its workers keep everything in: a data folder that one process owns, or PostgreSQL
// that many share.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Pool } from "pg";
import {
  open,
  type OpenOptions,
  type Persistence,
  type StoreOptions,
} from "../../checkpoints/index.ts";
import {
  createLocalArtifactStore,
  createPostgresStore,
  createS3Store,
  s3Origin,
} from "../artifacts/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore, BudgetLedger } from "../ports/index.ts";
import {
  createEmbeddedWakeUps,
  createPostgresListener,
  createPostgresQueue,
  createPostgresSignalBus,
  createSignalBus,
  type Log,
  type SignalBus,
  type WakeUps,
} from "../runs/index.ts";
import { webhookOf } from "../server/index.ts";
import {
  type KeyRecords,
  openPostgresRecords,
  openSqliteRecords,
  ownFolder,
  type Records,
  type RunEnding,
  type RunRow,
  type SqlExecutor,
} from "../storage/index.ts";
import { asPlatformError } from "./data-folder.ts";
import { openHttpClient } from "./open-http-client.ts";
import type { ServerSettings } from "./server-settings.ts";
import type { Settings } from "./settings.ts";

export interface Resources {
  readonly clock: Clock;
  readonly persistence: Persistence;
  readonly records: Records;
  readonly budget: BudgetLedger;
  readonly artifacts: ArtifactStore;
  readonly signals: SignalBus;
  readonly wakeUps: WakeUps;
  /** True when no other process works on the same data: no lease is needed, and no polling. */
  readonly isAlone: boolean;
  /** Tells commands on this machine where the server listens. */
  announce(address: { url: string; key: string }): void;
  close(): Promise<void>;
}

/** How checkpoints and the long-term store are opened. */
const optionsOf = ({ settings: { encryption }, store }: Opening): OpenOptions => ({
  store,
  ...(encryption === undefined ? {} : { encryption }),
});

const deliveryOf = (run: RunRow, ending: RunEnding) => webhookOf(run, ending, systemClock.now());

const openFolder = async (opening: Opening): Promise<Resources> => {
  const { folder, log } = opening;
  mkdirSync(folder, { recursive: true });
  const owner = ownFolder(folder);
  try {
    const persistence = await open(`sqlite:${join(folder, "tutti.db")}`, optionsOf(opening));
    const { database, join: joinCommit } = persistence;
    if (database === undefined)
      throw new TuttiError("INTERNAL", "the embedded database gave no handle");
    const signals = createSignalBus();
    const records = openSqliteRecords(database, {
      signals: signals.sink,
      join: joinCommit,
      deliveryOf,
    });
    return {
      clock: systemClock,
      persistence,
      records,
      budget: records.budget,
      artifacts: createLocalArtifactStore({ folder: join(folder, "artifacts") }),
      signals,
      wakeUps: createEmbeddedWakeUps({ records, signals, clock: systemClock, log }),
      isAlone: true,
      announce: (address) => owner.announce(address),
      close: async () => {
        await signals.stop();
        await persistence.close();
        owner.release();
      },
    };
  } catch (error) {
    owner.release();
    throw asPlatformError(error, `the data folder ${folder}`);
  }
};

const executorOver = (pool: Pool): SqlExecutor => ({
  executeSql: (text, values = []) => pool.query(text, values),
});

/** Files of several machines: in S3-compatible storage, or else in the database. */
const sharedArtifacts = (
  folder: string,
  pool: Pool,
  { s3 }: ServerSettings,
  settings: Settings,
): { artifacts: ArtifactStore; close(): void } => {
  const cache = { folder: join(folder, "cache") };
  if (s3 === undefined)
    return { artifacts: createPostgresStore(pool, { cache }), close: () => undefined };
  const url = new URL(s3.url);
  const access = {
    endpoint: url.origin,
    bucket: url.pathname.split("/").find((part) => part !== "") ?? "",
    region: s3.region,
    accessKeyId: s3.keyId,
    secretAccessKey: s3.secret,
  };
  const http = openHttpClient(settings, {
    artifact_storage: { allow: [s3Origin(access)], setting: "TUTTI_S3_URL" },
  });
  return { artifacts: createS3Store({ http, ...access, cache }), close: () => http.close() };
};

export interface Opening {
  /** Absolute. */
  readonly folder: string;
  readonly settings: Settings;
  readonly server: ServerSettings;
  readonly store: StoreOptions;
  /** Whether runs are worked on here. */
  readonly isWorker: boolean;
  readonly log: Log;
}

const openDatabase = async (url: string, opening: Opening): Promise<Resources> => {
  const { folder, settings, server, isWorker, log } = opening;
  mkdirSync(folder, { recursive: true });
  const ends: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const persistence = await open(url, optionsOf(opening));
    ends.push(() => persistence.close());
    const { pool } = persistence;
    if (pool === undefined) throw new TuttiError("INTERNAL", "the database gave no pool");
    const executor = executorOver(pool);
    const listener = server.isPooled
      ? undefined
      : createPostgresListener({ connectionString: url, log });
    ends.push(async () => listener?.stop());
    const queue = await createPostgresQueue({
      executor,
      listener,
      log,
      isWorker,
      clock: systemClock,
    });
    ends.push(() => queue.stop());
    const { enqueue } = queue;
    const signals = await createPostgresSignalBus({ executor, listener, enqueue, log });
    ends.push(() => signals.stop());
    const records = await openPostgresRecords(url, { signals: signals.sink, deliveryOf });
    ends.push(() => records.close());
    const files = sharedArtifacts(folder, pool, server, settings);
    ends.push(() => files.close());
    return {
      clock: systemClock,
      persistence,
      records,
      budget: records.budget,
      artifacts: files.artifacts,
      signals,
      wakeUps: queue.wakeUps(signals),
      isAlone: false,
      announce: () => undefined,
      close,
    };
  } catch (error) {
    await close();
    throw asPlatformError(error, "the database that DATABASE_URL names");
  }
};

/** Throws DATABASE, CONFIG_INVALID. */
export const openResources = (opening: Opening): Promise<Resources> => {
  const { databaseUrl } = opening.server;
  return databaseUrl === undefined ? openFolder(opening) : openDatabase(databaseUrl, opening);
};

/** The keys alone, for the command line: also beside a server that is running. */
export const openKeyRecords = async (
  folder: string,
  { databaseUrl }: Pick<ServerSettings, "databaseUrl">,
): Promise<{ keys: KeyRecords; close(): Promise<void> }> => {
  if (databaseUrl !== undefined) return await openPostgresRecords(databaseUrl);
  mkdirSync(folder, { recursive: true });
  const persistence = await open(`sqlite:${join(folder, "tutti.db")}`);
  const { database } = persistence;
  if (database === undefined)
    throw new TuttiError("INTERNAL", "the embedded database gave no handle");
  return { keys: openSqliteRecords(database).keys, close: () => persistence.close() };
};
