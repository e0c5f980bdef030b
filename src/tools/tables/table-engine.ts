// Sessions over tables. A session is a set of files by content; its database is loaded once however
// many ask for it, kept while it is used, closed when others need the room, and rebuilt when needed.
import { TuttiError } from "../../errors.ts";
import type { ArtifactStore, TableEngine, TableSession } from "../../ports/index.ts";
import type { SourceRef } from "../../protocol/index.ts";
import { loadTables } from "./load-tables.ts";
import type { LoadedTables } from "./load-tables.ts";
import { runQuery } from "./run-query.ts";
import { scanTable } from "./scan-table.ts";
import { DEFAULT_LIMITS } from "./table-limits.ts";
import type { TableLimits } from "./table-limits.ts";
import { checkCancelled } from "./turn.ts";

export interface TableEngineOptions {
  store: ArtifactStore;
  limits?: Partial<TableLimits>;
}

export const createTableEngine = ({ store, limits }: TableEngineOptions): TableEngine =>
  new DuckTableEngine(store, { ...DEFAULT_LIMITS, ...limits });

interface Slot {
  loading: Promise<LoadedTables>;
  loaded?: LoadedTables;
  /** Callers that wait for the load or use the database. */
  users: number;
  stop: AbortController;
}

class DuckTableEngine implements TableEngine {
  readonly #store: ArtifactStore;
  readonly #limits: TableLimits;
  /** In order of last use: the first is closed first. */
  readonly #slots = new Map<string, Slot>();
  readonly #closing = new AbortController();
  readonly #active = new Set<Promise<unknown>>();

  constructor(store: ArtifactStore, limits: TableLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  async open(sources: readonly SourceRef[], signal?: AbortSignal): Promise<TableSession> {
    const tables = inOrder(sources);
    const { profiles } = await this.#use(tables, signal, (loaded) => Promise.resolve(loaded));
    const names = new Set(profiles.map((profile) => profile.name.toLowerCase()));
    return {
      profiles,
      query: (sql, limits = {}) =>
        this.#use(tables, limits.signal, ({ instance }, both) =>
          runQuery(instance, names, sql, { ...limits, signal: both }),
        ),
      scan: (table, columns, stop) => this.#scan(tables, table, columns, stop),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort(new TuttiError("CANCELLED", "The table engine was closed."));
    for (const slot of this.#slots.values()) slot.stop.abort();
    await Promise.allSettled([
      ...this.#active,
      ...[...this.#slots.values()].map((slot) => slot.loading),
    ]);
    for (const slot of this.#slots.values()) slot.loaded?.instance.closeSync();
    this.#slots.clear();
  }

  async *#scan(
    sources: readonly SourceRef[],
    table: string,
    columns: readonly string[],
    signal: AbortSignal | undefined,
  ): ReturnType<TableSession["scan"]> {
    const slot = this.#slot(sources);
    try {
      const loaded = await this.#whenLoaded(slot, signal);
      const profile = loaded.profiles.find(({ name }) => name === table);
      yield* scanTable(loaded.instance, profile, table, columns, this.#both(signal));
    } finally {
      this.#release(sources, slot);
    }
  }

  async #use<T>(
    sources: readonly SourceRef[],
    signal: AbortSignal | undefined,
    work: (loaded: LoadedTables, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const slot = this.#slot(sources);
    const job = this.#whenLoaded(slot, signal).then((loaded) => work(loaded, this.#both(signal)));
    this.#active.add(job);
    try {
      return await job;
    } finally {
      this.#active.delete(job);
      this.#release(sources, slot);
    }
  }

  #both(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined
      ? this.#closing.signal
      : AbortSignal.any([signal, this.#closing.signal]);
  }

  #slot(sources: readonly SourceRef[]): Slot {
    checkCancelled(this.#closing.signal);
    const key = keyOf(sources);
    const slot = this.#slots.get(key) ?? this.#load(key, sources);
    slot.users += 1;
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    return slot;
  }

  #load(key: string, sources: readonly SourceRef[]): Slot {
    const stop = new AbortController();
    const loading = loadTables(this.#store, sources, this.#limits, stop.signal);
    const slot: Slot = { loading, users: 0, stop };
    void this.#settle(key, slot);
    return slot;
  }

  /** Never rejects: whoever waits for the load is told by the load itself. */
  async #settle(key: string, slot: Slot): Promise<void> {
    try {
      slot.loaded = await slot.loading;
      const wanted = this.#slots.get(key) === slot || slot.users > 0;
      if (!wanted) slot.loaded.instance.closeSync();
    } catch {
      // The next open tries again.
      if (this.#slots.get(key) === slot) this.#slots.delete(key);
    }
  }

  /** Waits for a load that others may share: an aborted caller leaves, the load goes on for the rest. */
  async #whenLoaded(slot: Slot, signal: AbortSignal | undefined): Promise<LoadedTables> {
    const both = this.#both(signal);
    checkCancelled(both);
    if (slot.loaded !== undefined) return slot.loaded;
    const { promise, reject } = Promise.withResolvers<never>();
    const leave = (): void => {
      reject(
        new TuttiError("CANCELLED", "Loading the tables was cancelled.", { cause: both.reason }),
      );
    };
    both.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([slot.loading, promise]);
    } finally {
      both.removeEventListener("abort", leave);
    }
  }

  #release(sources: readonly SourceRef[], slot: Slot): void {
    slot.users -= 1;
    const key = keyOf(sources);
    if (slot.users === 0 && slot.loaded === undefined) {
      slot.stop.abort();
      if (this.#slots.get(key) === slot) this.#slots.delete(key);
    }
    this.#evict();
  }

  #evict(): void {
    if (this.#closing.signal.aborted) return;
    const idle = [...this.#slots].filter(
      ([, slot]) => slot.users === 0 && slot.loaded !== undefined,
    );
    for (const [key, slot] of idle.slice(0, Math.max(0, idle.length - this.#limits.idleSessions))) {
      this.#slots.delete(key);
      slot.loaded?.instance.closeSync();
    }
  }
}

/** The tables among the sources, each once, in an order that does not depend on how they were given. */
const inOrder = (sources: readonly SourceRef[]): SourceRef[] => {
  const unique = new Map(
    sources
      .filter((source) => source.kind === "table")
      .map((source) => [`${source.name}\0${source.sha256}`, source]),
  );
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
};

/** Names count too: tables are named after their files. */
const keyOf = (sources: readonly SourceRef[]): string =>
  JSON.stringify(sources.map(({ sha256, name }) => [sha256, name]));
