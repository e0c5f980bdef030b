// Long-term memory: namespaces, filters, time to live, search by words and by meaning.
import { Embeddings } from "@langchain/core/embeddings";
import { TuttiStore, type Persistence, type StoreIndex } from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";

// An embedder small enough to reason about: how often each subject's words occur.
const SUBJECTS = [
  ["tea", "coffee", "drink"],
  ["code", "bug", "test"],
  ["dog", "cat", "animal"],
];
class SubjectEmbeddings extends Embeddings {
  calls = 0;
  private readonly shift: number;
  constructor(shift = 0) {
    super({});
    this.shift = shift;
  }
  override async embedQuery(text: string): Promise<number[]> {
    this.calls += 1;
    const counts = SUBJECTS.map((words) =>
      words.reduce((sum, word) => sum + text.toLowerCase().split(word).length - 1, 0.01),
    );
    return [...counts.slice(this.shift), ...counts.slice(0, this.shift)];
  }
  override embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const all = await adapters();

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (name, adapter) => {
  let url: string;
  let persistence: Persistence;
  beforeEach(async () => {
    url = await adapter.create();
    persistence = await adapter.open(url);
  });
  afterEach(() => persistence.close());
  afterAll(() => adapter.dispose());

  const keys = async (found: Promise<{ key: string }[]>): Promise<string[]> =>
    (await found).map(({ key }) => key);

  it("puts, gets, replaces and deletes", async () => {
    const { store } = persistence;
    await store.put(["users", "ann"], "likes", { tea: true, since: new Date(5) });
    const first = await store.get(["users", "ann"], "likes");
    expect(first).toMatchObject({
      key: "likes",
      namespace: ["users", "ann"],
      value: { tea: true, since: new Date(5) },
    });
    await store.put(["users", "ann"], "likes", { tea: false });
    const second = await store.get(["users", "ann"], "likes");
    expect(second?.value).toEqual({ tea: false });
    expect(second?.createdAt).toEqual(first?.createdAt);
    await store.delete(["users", "ann"], "likes");
    expect(await store.get(["users", "ann"], "likes")).toBeNull();
    await expect(store.put([], "x", {})).rejects.toThrow(/namespace/i);
    await expect(store.put(["a"], "x\0", {})).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("keeps odd values, and refuses what is no data", async () => {
    const { store } = persistence;
    const value = { big: 1n, when: new Date(0), map: new Map([["a", Number.NaN]]) };
    await store.put(["n"], "odd", value);
    expect((await store.get(["n"], "odd"))?.value).toEqual(value);
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    await expect(store.put(["n"], "cycle", cycle)).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
    });
  });

  it("searches below a namespace and not beside it, with filters and pages", async () => {
    const { store } = persistence;
    for (const [ns, n] of [
      ["a", 1],
      ["a", 2],
      ["ab", 3],
    ] as const)
      await store.put([ns, "x"], `k${n}`, { n, tag: n % 2 === 0 ? "even" : "odd" });
    expect(await keys(store.search(["a"]))).toEqual(["k1", "k2"]);
    expect(await keys(store.search([]))).toEqual(["k1", "k2", "k3"]);
    expect(await keys(store.search([], { filter: { tag: "odd" } }))).toEqual(["k1", "k3"]);
    expect(await keys(store.search([], { filter: { n: { $gte: 2, $ne: 3 } } }))).toEqual(["k2"]);
    expect(
      await keys(store.search([], { filter: { n: { $in: [1, 3] } }, limit: 1, offset: 1 })),
    ).toEqual(["k3"]);
    await expect(store.search([], { filter: { n: { $like: 1 } } })).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
    });
  });

  it("lists namespaces by prefix, suffix and depth", async () => {
    const { store } = persistence;
    for (const ns of [
      ["a", "b", "c"],
      ["a", "b", "d"],
      ["a", "e"],
      ["f", "c"],
    ])
      await store.put(ns, "k", {});
    expect(await store.listNamespaces({ prefix: ["a"], maxDepth: 2 })).toEqual([
      ["a", "b"],
      ["a", "e"],
    ]);
    expect(await store.listNamespaces({ suffix: ["c"] })).toEqual([
      ["a", "b", "c"],
      ["f", "c"],
    ]);
    expect(await store.listNamespaces({ prefix: ["a", "*", "d"] })).toEqual([["a", "b", "d"]]);
    expect(await store.listNamespaces({ limit: 1, offset: 1 })).toEqual([["a", "b", "d"]]);
  });

  it("finds words, best match first, whatever the query contains", async () => {
    const { store } = persistence;
    await store.put(["notes"], "one", { text: "Ann drinks green tea, tea and more tea" });
    await store.put(["notes"], "two", { text: "Bob drinks coffee; sometimes tea" });
    await store.put(["notes"], "three", { text: "nothing of the kind" });
    expect(await keys(store.search(["notes"], { query: "tea" }))).toEqual(["one", "two"]);
    expect(await keys(store.search(["notes"], { query: "COFFEE' OR 1=1 \" * NEAR(" }))).toEqual([
      "two",
    ]);
    expect(await store.search(["notes"], { query: "'\"*()" })).toEqual([]);
    await store.put(["notes"], "one", { text: "Ann changed her mind" });
    expect(await keys(store.search(["notes"], { query: "tea" }))).toEqual(["two"]);
    await store.put(["notes"], "hidden", { text: "tea" }, false);
    expect(await keys(store.search(["notes"], { query: "tea" }))).toEqual(["two"]);
  });

  it("finds meaning with embeddings, and embeds anew when the model changes", async () => {
    const index: StoreIndex = {
      embeddings: new SubjectEmbeddings(),
      dims: 3,
      model: "subjects-1",
      fields: ["text"],
    };
    await persistence.close();
    persistence = await adapter.open(url, { store: { index } });
    let { store } = persistence;
    await store.put(["n"], "drinks", { text: "tea and coffee" });
    await store.put(["n"], "pets", { text: "my dog and your cat" });
    await store.put(["n"], "work", { text: "a bug in the code, and a test" });
    const found = await store.search(["n"], { query: "animal", limit: 2 });
    expect(found[0]?.key).toBe("pets");
    expect(found[0]?.score).toBeGreaterThan(0.9);
    expect(found).toHaveLength(2);
    expect(
      await keys(store.search(["n"], { query: "animal", filter: { text: "tea and coffee" } })),
    ).toEqual(["drinks"]);
    if (name === "memory") return;
    await persistence.close();
    const embeddings = new SubjectEmbeddings(1);
    persistence = await adapter.open(url, {
      store: { index: { ...index, embeddings, model: "subjects-2" } },
    });
    ({ store } = persistence);
    expect((await store.search(["n"], { query: "bug" }))[0]?.key).toBe("work");
    expect(embeddings.calls).toBe(4); // three items and the query
    expect(await store.reindex()).toBe(0);
    await expect(
      store.put(["n"], "x", { text: "y" }).then(() => store.search(["n"], { query: "q" })),
    ).resolves.toBeDefined();
  });

  it("forgets items when their time is over; reading them starts it anew", async () => {
    let now = 1_000_000;
    const { backend, cipher } = persistence.store as unknown as { backend: never; cipher: never };
    const store = new TuttiStore(backend, cipher, { ttl: 1_000 }, () => new Date(now));
    await store.put(["n"], "short", { a: 1 });
    await store.put(["n"], "long", { a: 1 }, undefined, { ttl: 10_000 });
    now += 900;
    expect(await store.get(["n"], "short")).not.toBeNull();
    now += 900; // 1,800 after the put, 900 after the read
    expect(await store.get(["n"], "short")).not.toBeNull();
    now += 1_001;
    expect(await store.get(["n"], "short")).toBeNull();
    expect(await keys(store.search(["n"]))).toEqual(["long"]);
    expect(await store.sweep()).toBe(1);
    expect(await store.sweep()).toBe(0);
  });
});
