// Long-term memory: LangGraph's BaseStore over a database. Without embeddings a query is a full-text
// search; with them it is a search by meaning, and each vector knows its model and dimension.
import type { Embeddings } from "@langchain/core/embeddings";
import {
  BaseStore,
  validateNamespace,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type MatchCondition,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from "@langchain/langgraph-checkpoint";
import { CheckpointError } from "../errors.ts";
import type { Cipher } from "../serializer/cipher.ts";
import { decode, encode } from "../serializer/serializer.ts";
import type { ItemRow, ItemVector, ItemWrite, StoreBackend } from "./backend.ts";
import { matchesItem } from "./filter.ts";
import { textsAt } from "./texts.ts";
import { joinLabels, splitLabels, wordsOf } from "./names.ts";

export interface StoreIndex {
  readonly embeddings: Embeddings;
  readonly dims: number;
  /** Names the embedding model; when it changes, items are embedded anew. */
  readonly model: string;
  /** Paths into the value, e.g. `title`, `chapters[*].content`; default the whole value. */
  readonly fields?: readonly string[];
}

export interface StoreOptions {
  readonly index?: StoreIndex;
  /** Milliseconds items live when nothing else is said; default for ever. */
  readonly ttl?: number;
  /** Whether reading an item starts its time to live anew; default true. */
  readonly refreshOnRead?: boolean;
}

type Value = Record<string, unknown>;
/** LangGraph's put operation with a time to live, in milliseconds. */
export type PutWithTtl = PutOperation & { readonly ttl?: number };

const PAGE = 200;

export class TuttiStore extends BaseStore {
  private readonly backend: StoreBackend;
  private readonly cipher: Cipher;
  private readonly options: StoreOptions;
  private readonly now: () => Date;
  private reindexed: Promise<number> | undefined;

  constructor(
    backend: StoreBackend,
    cipher: Cipher,
    options: StoreOptions = {},
    now = (): Date => new Date(),
  ) {
    super();
    this.backend = backend;
    this.cipher = cipher;
    this.options = options;
    this.now = now;
  }

  /** Reads see the state before the writes of the same batch; of two writes to one key the last stays. */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const results: unknown[] = [];
    const puts = new Map<string, PutWithTtl>();
    for (const operation of operations) {
      if ("namespacePrefix" in operation) results.push(await this.searchItems(operation));
      else if ("value" in operation) {
        validateNamespace(operation.namespace, { allowReservedRoot: true });
        puts.set(JSON.stringify([operation.namespace, operation.key]), operation);
        results.push(undefined);
      } else if ("key" in operation) results.push(await this.getItem(operation));
      else results.push(await this.findNamespaces(operation));
    }
    if (puts.size > 0)
      await this.backend.write(await this.itemWrites([...puts.values()]), this.now());
    return results as OperationResults<Op>;
  }

  /** As LangGraph's put, with a time to live of its own. */
  override async put(
    namespace: string[],
    key: string,
    value: Value,
    index?: false | string[],
    options: { ttl?: number } = {},
  ): Promise<void> {
    validateNamespace(namespace);
    const operation: PutWithTtl = {
      namespace,
      key,
      value,
      ...(index === undefined ? {} : { index }),
      ...options,
    };
    await this.batch([operation]);
  }

  private async itemWrites(puts: readonly PutWithTtl[]): Promise<ItemWrite[]> {
    const writes: ItemWrite[] = [];
    for (const { namespace, key, value, index, ttl } of puts) {
      checkKey(key);
      const ns = joinLabels(namespace);
      const common = {
        ns,
        key,
        model: this.options.index?.model ?? "",
        ttl: ttl ?? this.options.ttl,
      };
      if (value === null)
        writes.push({ ...common, value: undefined, text: undefined, vectors: [] });
      else {
        const bytes = this.cipher.seal(encode(value), "item"); // first: it refuses what is no data
        const texts = index === false ? [] : this.texts(value, index);
        // an index over the words of sealed records would tell what they say
        const text =
          this.cipher.encrypts || texts.length === 0
            ? undefined
            : texts.map(([, part]) => part).join("\n");
        writes.push({ ...common, value: bytes, text, vectors: await this.vectors(texts) });
      }
    }
    return writes;
  }

  private texts(
    value: Value,
    fields: readonly string[] | undefined,
  ): [path: string, text: string][] {
    const paths = fields ?? this.options.index?.fields ?? ["$"];
    return paths.flatMap((path) =>
      textsAt(value, path).map((text, i): [string, string] => [`${path}#${i}`, text]),
    );
  }

  private async vectors(texts: readonly [string, string][]): Promise<ItemVector[]> {
    const { index } = this.options;
    if (index === undefined || texts.length === 0) return [];
    const embedded = await index.embeddings.embedDocuments(texts.map(([, text]) => text));
    return texts.map(([path], i) => ({ path, embedding: this.checked(embedded[i]) }));
  }

  private checked(embedding: readonly number[] | undefined): readonly number[] {
    const dims = this.options.index?.dims;
    if (embedding?.length === dims && embedding !== undefined) return embedding;
    throw new CheckpointError(
      "CHECKPOINT_INVALID",
      `The embedding has ${embedding?.length ?? 0} dimensions, not ${dims}.`,
      {
        hint: "Set `dims` to what the embedding model gives.",
      },
    );
  }

  private async getItem({ namespace, key }: GetOperation): Promise<Item | null> {
    const row = await this.backend.get(joinLabels(namespace), key, this.now());
    if (row === undefined) return null;
    await this.seen([row]);
    return this.item(row);
  }

  private async seen(rows: readonly ItemRow[]): Promise<void> {
    if (this.options.refreshOnRead === false || rows.length === 0) return;
    await this.backend.refresh(
      rows.map(({ id }) => id),
      this.now(),
    );
  }

  private item(row: ItemRow): SearchItem {
    const value = decode(this.cipher.open(row.value, "item")) as Value;
    const item = {
      value,
      key: row.key,
      namespace: splitLabels(row.ns),
      createdAt: row.created,
      updatedAt: row.updated,
    };
    return row.score === undefined ? item : { ...item, score: row.score };
  }

  private async searchItems(operation: SearchOperation): Promise<SearchItem[]> {
    const { namespacePrefix, filter, limit = 10, offset = 0, query } = operation;
    const found: { row: ItemRow; item: SearchItem }[] = [];
    const pages = await this.pager(joinLabels(namespacePrefix), query);
    for (let start = 0; found.length < offset + limit; start += PAGE) {
      const rows = await pages(start);
      for (const row of rows) {
        const item = this.item(row);
        if (matchesItem(item.value, filter) && this.matchesSealed(item, query))
          found.push({ row, item });
      }
      if (rows.length < PAGE) break;
    }
    const chosen = found.slice(offset, offset + limit);
    await this.seen(chosen.map(({ row }) => row));
    return chosen.map(({ item }) => item);
  }

  private async pager(
    prefix: string,
    query: string | undefined,
  ): Promise<(offset: number) => Promise<ItemRow[]>> {
    const common = { prefix, limit: PAGE, now: this.now() };
    const { index } = this.options;
    if (query === undefined || query === "")
      return (offset) => this.backend.scan({ ...common, offset });
    if (index !== undefined) {
      await (this.reindexed ??= this.reindex());
      const embedding = this.checked(await index.embeddings.embedQuery(query));
      return (offset) =>
        this.backend.byVector({ ...common, offset, embedding, model: index.model });
    }
    if (this.cipher.encrypts) return (offset) => this.backend.scan({ ...common, offset });
    const words = wordsOf(query);
    return (offset) =>
      words.length === 0 ? Promise.resolve([]) : this.backend.byText({ ...common, offset, words });
  }

  // Sealed items have no word index: their words are looked at one item after the other.
  private matchesSealed(item: SearchItem, query: string | undefined): boolean {
    if (
      !this.cipher.encrypts ||
      this.options.index !== undefined ||
      query === undefined ||
      query === ""
    )
      return true;
    const words = new Set(wordsOf(JSON.stringify(item.value)).map((word) => word.toLowerCase()));
    return wordsOf(query).some((word) => words.has(word.toLowerCase()));
  }

  private async findNamespaces(operation: ListNamespacesOperation): Promise<string[][]> {
    const { matchConditions = [], maxDepth, limit, offset } = operation;
    const all = (await this.backend.namespaces("", this.now())).map(splitLabels);
    const matching = all.filter((labels) =>
      matchConditions.every((condition) => matchesLabels(labels, condition)),
    );
    const cut =
      maxDepth === undefined ? matching : matching.map((labels) => labels.slice(0, maxDepth));
    const unique = new Map(cut.map((labels) => [joinLabels(labels), labels]));
    return [...unique.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, labels]) => labels)
      .slice(offset, offset + limit);
  }

  /** Embeds anew what was embedded by another model or dimension; returns how many items. */
  async reindex(): Promise<number> {
    const { index } = this.options;
    if (index === undefined) return 0;
    let count = 0;
    for (;;) {
      const rows = await this.backend.stale(index.model, index.dims, PAGE);
      if (rows.length === 0) return count;
      for (const row of rows) {
        const { value } = this.item(row);
        await this.backend.setVectors(
          row.id,
          index.model,
          await this.vectors(this.texts(value, undefined)),
        );
      }
      count += rows.length;
    }
  }

  /** Deletes items whose time is over, in small batches; returns how many. */
  async sweep(): Promise<number> {
    let count = 0;
    for (;;) {
      const deleted = await this.backend.sweep(this.now(), PAGE);
      count += deleted;
      if (deleted < PAGE) return count;
    }
  }
}

const checkKey = (key: string): void => {
  if (typeof key === "string" && key !== "" && !key.includes("\0") && key.isWellFormed()) return;
  throw new CheckpointError("CHECKPOINT_INVALID", `${JSON.stringify(key)} is not usable as a key.`);
};

const matchesLabels = (labels: readonly string[], { matchType, path }: MatchCondition): boolean => {
  if (path.length > labels.length) return false;
  const start = matchType === "prefix" ? 0 : labels.length - path.length;
  return path.every((label, i) => label === "*" || label === labels[start + i]);
};
