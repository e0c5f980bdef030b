// The port between the store and a database. A namespace is one string here (see names.ts).

export interface ItemRow {
  readonly id: number;
  readonly ns: string;
  readonly key: string;
  readonly value: Buffer;
  readonly created: Date;
  readonly updated: Date;
  readonly score?: number;
}

export interface ItemVector {
  readonly path: string;
  readonly embedding: readonly number[];
}

export interface ItemWrite {
  readonly ns: string;
  readonly key: string;
  /** Undefined deletes the item. */
  readonly value: Buffer | undefined;
  /** What full-text search looks at. */
  readonly text: string | undefined;
  readonly vectors: readonly ItemVector[];
  readonly model: string;
  /** Milliseconds to live; undefined lives for ever. */
  readonly ttl: number | undefined;
}

export interface Ranked {
  readonly prefix: string;
  readonly limit: number;
  readonly offset: number;
  readonly now: Date;
}

export interface StoreBackend {
  /** All of it or nothing. */
  write(items: readonly ItemWrite[], now: Date): Promise<void>;
  get(ns: string, key: string, now: Date): Promise<ItemRow | undefined>;
  /** Items below a prefix, by namespace and key. */
  scan(query: Ranked): Promise<ItemRow[]>;
  /** Best match first; any of the words counts. */
  byText(query: Ranked & { words: readonly string[] }): Promise<ItemRow[]>;
  /** Nearest first; the score is the cosine similarity. */
  byVector(query: Ranked & { embedding: readonly number[]; model: string }): Promise<ItemRow[]>;
  namespaces(prefix: string, now: Date): Promise<string[]>;
  /** Starts the time to live of items anew. */
  refresh(ids: readonly number[], now: Date): Promise<void>;
  /** Items that have vectors of another model or dimension, or none, though they should. */
  stale(model: string, dims: number, limit: number): Promise<ItemRow[]>;
  setVectors(id: number, model: string, vectors: readonly ItemVector[]): Promise<void>;
  /** Deletes at most `limit` items whose time is over; returns how many. */
  sweep(now: Date, limit: number): Promise<number>;
}
