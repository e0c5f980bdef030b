// Each endpoint through the clients' own SDK, over a real socket.
import { randomUUID } from "node:crypto";
import type { Client } from "@langchain/langgraph-sdk";
import { describe, expect, it } from "vitest";
import { startPostgres } from "../fixtures/postgres.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

const postgres = await startPostgres();

const DATABASES = [
  { name: "SQLite", database: undefined, isThere: true },
  {
    name: "PostgreSQL",
    database: "why" in postgres ? undefined : postgres.url,
    isThere: !("why" in postgres),
  },
] as const;

afterAll(async () => {
  if (!("why" in postgres)) await postgres.stop();
});

const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
};

const statusOf = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  );

describe.each(DATABASES)("on $name", ({ database, isThere }) => {
  if (!isThere) return;
  let server: TestServer;
  let client: Client;
  beforeAll(async () => {
    server = await startServer(database === undefined ? {} : { database });
    client = server.client();
  });
  afterAll(() => server.close());

  const finished = async (graph = "chain", input: object = { goal: "x" }) => {
    const { thread_id } = await client.threads.create();
    const values = await client.runs.wait(thread_id, graph, { input: input as never });
    return { thread_id, values };
  };

  describe("assistants", () => {
    it("are made for every deployed graph", async () => {
      const found = await client.assistants.search({
        graphId: "chain",
        metadata: { created_by: "system" },
      });
      expect(found).toMatchObject([{ name: "chain", graph_id: "chain", version: 1 }]);
      expect(found[0]?.assistant_id).toMatch(/^[\da-f]{8}-[\da-f]{4}-5/);
      expect(await client.assistants.get("chain")).toMatchObject({
        assistant_id: found[0]?.assistant_id,
      });
    });

    it("are created, changed in versions, put back and deleted", async () => {
      const made = await client.assistants.create({
        graphId: "chain",
        metadata: { team: "a" },
        name: "Weekly",
        description: "d",
        config: { tags: ["t"] },
      });
      expect(made).toMatchObject({ version: 1, name: "Weekly", description: "d" });
      const id = made.assistant_id;
      const changed = await client.assistants.update(id, {
        metadata: { place: "b" },
        graphId: "chain",
      });
      expect(changed).toMatchObject({ version: 2, metadata: { team: "a", place: "b" } });
      const versions = await client.assistants.getVersions(id);
      expect(versions.map(({ version }) => version)).toEqual([2, 1]);
      expect(await client.assistants.setLatest(id, 1)).toMatchObject({
        version: 1,
        metadata: { team: "a" },
      });
      expect(await client.assistants.count({ metadata: { team: "a" } })).toBe(1);
      const { thread_id: its } = await client.threads.create({ metadata: { assistant_id: id } });
      await client.assistants.delete(id, { deleteThreads: true });
      await expect(client.assistants.get(id)).rejects.toThrow(/Assistant not found/);
      await expect(client.threads.get(its)).rejects.toThrow(/404/);
    });

    it("are made once by one id", async () => {
      const assistantId = randomUUID();
      const again = { assistantId, graphId: "chain" };
      await client.assistants.create(again);
      expect(await statusOf(client.assistants.create(again))).toBe(409);
      const same = await client.assistants.create({ ...again, ifExists: "do_nothing" });
      expect(same.assistant_id).toBe(assistantId);
    });

    it("are refused for a graph that is not deployed", async () => {
      expect(await statusOf(client.assistants.create({ graphId: "none" }))).toBe(404);
    });

    it("are listed in pages", async () => {
      const response = await server.post("/assistants/search", {
        limit: 2,
        sort_by: "name",
        sort_order: "asc",
        select: ["name"],
      });
      const page = (await response.json()) as object[];
      expect(page).toHaveLength(2);
      expect(Object.keys(page[0] ?? {})).toEqual(["name"]);
      expect(Number(response.headers.get("x-pagination-total"))).toBeGreaterThan(2);
      expect(response.headers.get("x-pagination-next")).toBe("2");
    });

    it("show their graph: its picture, schemas and subgraphs", async () => {
      const picture = await client.assistants.getGraph("asking", { xray: true });
      expect(picture.nodes.map(({ id }) => id)).toContain("before");
      const schemas = await client.assistants.getSchemas("chain");
      expect(schemas).toMatchObject({
        graph_id: "chain",
        input_schema: { properties: { goal: {} } },
      });
      expect(Object.keys(await client.assistants.getSubgraphs("asking"))).toEqual(["asker"]);
      const one = await client.assistants.getSubgraphs("asking", { namespace: "asker" });
      expect(Object.keys(one)).toEqual(["asker"]);
    });
  });

  describe("threads", () => {
    it("are created, read, changed, counted and deleted", async () => {
      const mark = randomUUID();
      const { thread_id } = await client.threads.create({ metadata: { mark } });
      expect(await client.threads.get(thread_id)).toMatchObject({
        status: "idle",
        metadata: { mark },
      });
      await client.threads.update(thread_id, { metadata: { more: 1 } });
      expect((await client.threads.get(thread_id)).metadata).toEqual({ mark, more: 1 });
      expect(await client.threads.count({ metadata: { mark } })).toBe(1);
      await client.threads.delete(thread_id);
      await expect(client.threads.get(thread_id)).rejects.toThrow(
        `Thread with ID ${thread_id} not found`,
      );
    });

    it("answer nothing when that is preferred", async () => {
      const { thread_id } = await client.threads.create();
      const response = await server.get(`/threads/${thread_id}`, {
        method: "PATCH",
        headers: { prefer: "return=minimal" },
        body: JSON.stringify({ metadata: { a: 1 } }),
      });
      expect(response.status).toBe(204);
    });

    it("are made once by one id", async () => {
      const threadId = randomUUID();
      await client.threads.create({ threadId });
      expect(await statusOf(client.threads.create({ threadId }))).toBe(409);
      const same = await client.threads.create({ threadId, ifExists: "do_nothing" });
      expect(same.thread_id).toBe(threadId);
    });

    it("are searched by metadata, status and values, in pages and orders", async () => {
      const mark = randomUUID();
      const made = [];
      for (let i = 0; i < 3; i += 1)
        made.push((await client.threads.create({ metadata: { mark, i } })).thread_id);
      const newest = await client.threads.search({ metadata: { mark } });
      expect(newest.map(({ thread_id }) => thread_id)).toEqual(made.toReversed());
      const second = await client.threads.search({
        metadata: { mark },
        limit: 1,
        offset: 1,
        sortBy: "created_at",
        sortOrder: "asc",
      });
      expect(second.map(({ thread_id }) => thread_id)).toEqual([made[1]]);
      const response = await server.post("/threads/search", { metadata: { mark }, limit: 2 });
      expect(response.headers.get("x-pagination-total")).toBe("3");
      expect(response.headers.get("x-pagination-next")).toBe("2");
      const { thread_id } = await finished("chain", { goal: mark });
      const byValues = await client.threads.search({ values: { goal: mark }, status: "idle" });
      expect(byValues.map((thread) => thread.thread_id)).toEqual([thread_id]);
    });

    it("give parts of themselves", async () => {
      const { thread_id } = await finished();
      const response = await server.post("/threads/search", {
        ids: [thread_id],
        select: ["thread_id"],
        extract: { last: "values.log[-1]", none: "values.nothing" },
      });
      expect(await response.json()).toEqual([
        { thread_id, extracted: { last: "third", none: null } },
      ]);
    });

    it("have a time to live", async () => {
      const { thread_id } = await client.threads.create({ ttl: 60 });
      const response = await server.get(`/threads/${thread_id}?include=ttl`);
      expect(await response.json()).toMatchObject({ ttl: { strategy: "delete", ttl_minutes: 60 } });
    });

    it("are copied with their history, and live on apart", async () => {
      const { thread_id } = await finished();
      const copy = await client.threads.copy(thread_id);
      expect(copy.thread_id).not.toBe(thread_id);
      const [ours, theirs] = await Promise.all([
        client.threads.getHistory(thread_id),
        client.threads.getHistory(copy.thread_id),
      ]);
      expect(theirs.map(({ values }) => values)).toEqual(ours.map(({ values }) => values));
      await client.runs.wait(copy.thread_id, "chain", { input: { goal: "y" } });
      expect(await client.threads.getHistory(thread_id)).toHaveLength(ours.length);
      expect(await statusOf(client.threads.copy(randomUUID()))).toBe(409);
    });

    it("are pruned", async () => {
      const { thread_id } = await finished();
      const kept = await client.threads.prune([thread_id], { strategy: "keep_latest" });
      expect(kept).toEqual({ pruned_count: 1 });
      expect(await client.threads.getHistory(thread_id)).toHaveLength(1);
      expect(await client.threads.prune([thread_id, randomUUID()])).toEqual({ pruned_count: 1 });
      expect(await statusOf(client.threads.get(thread_id))).toBe(404);
    });
  });

  describe("state", () => {
    it("of a thread that never ran is empty, of an unknown one 404", async () => {
      const { thread_id } = await client.threads.create();
      expect(await client.threads.getState(thread_id)).toMatchObject({
        values: {},
        next: [],
        tasks: [],
      });
      expect(await client.threads.getHistory(thread_id)).toEqual([]);
      expect(await statusOf(client.threads.getState(randomUUID()))).toBe(404);
    });

    it("is read now, at a checkpoint, and in parts", async () => {
      const { thread_id } = await finished();
      const history = await client.threads.getHistory<{ log: string[] }>(thread_id);
      expect(history.map(({ values }) => values.log?.length ?? 0)).toEqual([3, 2, 1, 0, 0]);
      const at = history[1]?.checkpoint.checkpoint_id ?? "";
      const then = await client.threads.getState<{ log: string[] }>(thread_id, at);
      expect(then.values.log).toEqual(["first", "second"]);
      const posted = await client.threads.getState(thread_id, {
        thread_id,
        checkpoint_ns: "",
        checkpoint_id: at,
        checkpoint_map: null,
      });
      expect(posted.values).toEqual(then.values);
      const part = await server.get(`/threads/${thread_id}/state?select=values.goal&select=next`);
      expect(await part.json()).toEqual({ values: { goal: "x" }, next: [] });
      const before = await client.threads.getHistory(thread_id, {
        limit: 2,
        before: { configurable: { checkpoint_id: at } },
      });
      expect(before.length).toBeLessThanOrEqual(2);
      expect(await statusOf(client.threads.getState(thread_id, randomUUID()))).toBe(404);
    });

    it("is changed, also from where it stood", async () => {
      const { thread_id } = await finished();
      const written = await client.threads.updateState(thread_id, {
        values: { goal: "changed" },
        asNode: "third",
      });
      expect(written).toMatchObject({ checkpoint: { thread_id, checkpoint_ns: "" } });
      const state = await client.threads.getState<{ goal: string }>(thread_id);
      expect(state.values.goal).toBe("changed");
      expect((await client.threads.get(thread_id)).values).toMatchObject({ goal: "changed" });
    });

    it("is not changed to what its graph does not take", async () => {
      const { thread_id } = await finished();
      const response = await server.post(`/threads/${thread_id}/state`, { values: { log: [1] } });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ errors: [{ field: "body.values.log.0" }] });
    });

    it("ends what the thread was doing", async () => {
      const { thread_id } = await finished("asking", {});
      expect((await client.threads.get(thread_id)).status).toBe("interrupted");
      await client.threads.updateState(thread_id, { values: null, asNode: "__end__" });
      expect((await client.threads.get(thread_id)).status).toBe("idle");
    });

    it("takes additions to its thread's metadata", async () => {
      const { thread_id } = await client.threads.create();
      await client.threads.patchState(thread_id, { tag: 1 });
      expect((await client.threads.get(thread_id)).metadata).toMatchObject({ tag: 1 });
    });

    it("is built from the history of another thread", async () => {
      const { thread_id } = await finished();
      const values = (await client.threads.getState<{ log: string[] }>(thread_id)).values;
      const copy = await client.threads.create({
        graphId: "chain",
        supersteps: [
          { updates: [{ values: { goal: "x" }, asNode: "__input__" }] },
          { updates: [{ values: { goal: "x" }, asNode: "__start__" }] },
          { updates: [{ values: { log: values.log }, asNode: "first" }] },
        ],
      });
      const state = await client.threads.getState<{ log: string[] }>(copy.thread_id);
      expect(state.values.log).toEqual(values.log);
      expect(state.next).toEqual(["second"]);
    });
  });

  describe("runs", () => {
    it("are waited for", async () => {
      const { values, thread_id } = await finished();
      expect(values).toEqual({ goal: "x", log: ["first", "second", "third"] });
      expect(await client.threads.get(thread_id)).toMatchObject({ status: "idle", values });
    });

    it("say that they failed", async () => {
      const { thread_id } = await client.threads.create();
      await expect(
        client.runs.wait(thread_id, "slow", { input: { how: "fails" } }),
      ).rejects.toThrow("Broken: no luck");
      expect((await client.threads.get(thread_id)).status).toBe("error");
    });

    it("pause at a question and go on with its answer", async () => {
      const { thread_id, values } = await finished("asking", {});
      expect(values).toMatchObject({ __interrupt__: [{ value: "first?" }] });
      const { interrupts } = await client.threads.get(thread_id);
      const [first] = Object.values(interrupts).flat();
      const then = await client.runs.wait(thread_id, "asking", { command: { resume: "one" } });
      expect(then).toMatchObject({ __interrupt__: [{ value: "second?" }] });
      const late = client.runs.wait(thread_id, "asking", {
        command: { resume: { [first?.id ?? ""]: "late" } },
      });
      expect([409, 422]).toContain(await statusOf(late));
      const end = await client.runs.wait(thread_id, "asking", { command: { resume: "two" } });
      expect(end).toMatchObject({ answers: ["one", "two"], log: ["before", "after"] });
    });

    it("are listed, read, joined and deleted", async () => {
      const { thread_id } = await client.threads.create();
      let created: unknown;
      const run = await client.runs.create(thread_id, "chain", {
        input: { goal: "y" },
        metadata: { why: "test" },
        onRunCreated: (made) => (created = made),
      });
      expect(created).toEqual({ run_id: run.run_id, thread_id });
      expect(run).toMatchObject({ thread_id, metadata: { why: "test" } });
      expect(await client.runs.join(thread_id, run.run_id)).toMatchObject({ goal: "y" });
      expect(await client.runs.get(thread_id, run.run_id)).toMatchObject({
        status: "success",
        kwargs: { input: { goal: "y" }, stream_mode: ["values"] },
      });
      expect(await client.runs.list(thread_id, { status: "success" })).toHaveLength(1);
      expect(await client.runs.list(thread_id, { status: "error" })).toEqual([]);
      await client.runs.delete(thread_id, run.run_id);
      await expect(client.runs.get(thread_id, run.run_id)).rejects.toThrow("Run not found");
      expect(await statusOf(client.runs.list(randomUUID()))).toBe(404);
    });

    it("of an unknown assistant or thread are refused, unless the thread may be made", async () => {
      const { thread_id } = await client.threads.create();
      await expect(client.runs.create(thread_id, "none")).rejects.toThrow(
        /No assistant found for \\"none\\"\. Make sure/,
      );
      const threadId = randomUUID();
      expect(await statusOf(client.runs.create(threadId, "chain"))).toBe(404);
      await client.runs.wait(threadId, "chain", { input: {}, ifNotExists: "create" });
      expect((await client.threads.get(threadId)).thread_id).toBe(threadId);
    });

    it("are refused with a webhook that can never be called", async () => {
      const { thread_id } = await client.threads.create();
      for (const webhook of ["nowhere", "ftp://example.com/", "https://", "javascript:1"])
        await expect(client.runs.create(thread_id, "chain", { webhook })).rejects.toMatchObject({
          status: 422,
        });
      expect(await client.runs.list(thread_id)).toEqual([]);
    });

    it("are cancelled before they start, and while they work", async () => {
      const { thread_id } = await client.threads.create();
      const later = await client.runs.create(thread_id, "chain", { input: {}, afterSeconds: 100 });
      expect((await client.threads.get(thread_id)).status).toBe("busy");
      expect(
        await statusOf(client.threads.updateState(thread_id, { values: { goal: "no" } })),
      ).toBe(409);
      await client.runs.cancel(thread_id, later.run_id);
      expect((await client.runs.get(thread_id, later.run_id)).status).toBe("interrupted");
      const slow = await client.runs.create(thread_id, "slow", { input: { how: "listens" } });
      for await (const { event } of client.runs.joinStream(thread_id, slow.run_id))
        if (event === "values") break;
      await client.runs.cancel(thread_id, slow.run_id, true);
      expect((await client.runs.get(thread_id, slow.run_id)).status).toBe("interrupted");
      expect(await statusOf(client.runs.cancel(thread_id, randomUUID()))).toBe(404);
    });

    it("are refused on a busy thread when so asked", async () => {
      const { thread_id } = await client.threads.create();
      const later = await client.runs.create(thread_id, "chain", { input: {}, afterSeconds: 100 });
      const second = client.runs.create(thread_id, "chain", {
        input: {},
        multitaskStrategy: "reject",
      });
      await expect(second).rejects.toThrow("Thread is already running a task");
      await client.runs.cancelMany({ threadId: thread_id, status: "all" });
      expect((await client.runs.get(thread_id, later.run_id)).status).toBe("interrupted");
    });

    it("without a thread are waited for, streamed and batched", async () => {
      expect(await client.runs.wait(null, "chain", { input: { goal: "z" } })).toMatchObject({
        goal: "z",
      });
      const events = await collect(client.runs.stream(null, "chain", { input: {} }));
      expect(events[0]?.event).toBe("metadata");
      expect(events.at(-1)?.data).toMatchObject({ log: ["first", "second", "third"] });
      const runs = await client.runs.createBatch([
        { assistantId: "chain", input: {}, streamMode: "updates" },
        { assistantId: "chain", input: {} },
      ]);
      expect(runs).toHaveLength(2);
      expect(runs[0]).toMatchObject({ kwargs: { stream_mode: ["updates"] } });
    });

    it("give graphs the x- headers of who asked, and none of their secrets", async () => {
      const own = server.client({ "x-team": "blue", "x-api-secret": "hush" });
      const { thread_id } = await own.threads.create();
      const run = await own.runs.create(thread_id, "chain", {
        input: {},
        config: { configurable: { __pregel_resuming: true, mine: 1 } },
      });
      const text = JSON.stringify(await own.runs.get(thread_id, run.run_id));
      expect(text).toContain('"x-team":"blue"');
      expect(text).toContain('"mine":1');
      expect(text).not.toContain("hush");
      expect(text).not.toContain("__pregel");
    });
  });

  describe("the store", () => {
    it("keeps items by namespace and key", async () => {
      const root = `t${randomUUID().slice(0, 8)}`;
      const at = [root, "notes"];
      await client.store.putItem(at, "a", { text: "one", tag: "x" });
      await client.store.putItem(at, "b", { text: "two" });
      expect(await client.store.getItem(at, "a")).toMatchObject({
        namespace: at,
        key: "a",
        value: { text: "one" },
      });
      expect(await client.store.getItem(at, "none")).toBeNull();
      const { items } = await client.store.searchItems([root], { filter: { tag: "x" } });
      expect(items.map(({ key }) => key)).toEqual(["a"]);
      expect(await client.store.listNamespaces({ prefix: [root] })).toEqual({ namespaces: [at] });
      await client.store.deleteItem(at, "a");
      expect(await client.store.getItem(at, "a")).toBeNull();
    });

    it("refuses namespaces that are none", async () => {
      const put = (namespace: unknown) =>
        server.get("/store/items", {
          method: "PUT",
          body: JSON.stringify({ namespace, key: "k", value: {} }),
        });
      expect((await put([])).status).toBe(400);
      expect((await put(["a.b"])).status).toBe(422);
      expect((await put(["langgraph"])).status).toBe(422);
      expect((await put("a")).status).toBe(422);
    });
  });

  describe("crons", () => {
    it("are created, changed, searched, counted and deleted", async () => {
      const { thread_id } = await client.threads.create();
      const cron = (await client.crons.createForThread(thread_id, "chain", {
        schedule: "0 7 * * 1-5",
        input: { goal: "report" },
        timezone: "Europe/Berlin",
        metadata: { team: thread_id },
      })) as unknown as Record<string, unknown>;
      expect(cron).toMatchObject({
        thread_id,
        schedule: "0 7 * * 1-5",
        timezone: "Europe/Berlin",
        enabled: true,
        payload: { input: { goal: "report" } },
      });
      expect(cron["next_run_date"]).toMatch(/T0[56]:00:00/);
      const id = cron["cron_id"] as string;
      const changed = await client.crons.update(id, { schedule: "30 8 * * *", enabled: false });
      expect(changed).toMatchObject({
        schedule: "30 8 * * *",
        enabled: false,
        payload: { input: { goal: "report" } },
      });
      const hook = "https://example.com/hook";
      const told = { webhook: hook, durability: "async" } as const;
      expect(await client.crons.update(id, told)).toMatchObject({ payload: told });
      expect(await client.crons.update(id, { webhook: null as never })).toMatchObject({
        payload: { webhook: null, durability: "async", input: { goal: "report" } },
      });
      expect(await client.crons.search({ threadId: thread_id })).toHaveLength(1);
      expect(await client.crons.count({ threadId: thread_id })).toBe(1);
      await client.crons.delete(id);
      expect(await client.crons.count({ threadId: thread_id })).toBe(0);
      expect(await statusOf(client.crons.delete(id))).toBe(404);
    });

    it("with a schedule, an assistant or a thread that is none are refused", async () => {
      expect(await statusOf(client.crons.create("chain", { schedule: "every day" }))).toBe(422);
      expect(await statusOf(client.crons.create("none", { schedule: "0 7 * * *" }))).toBe(404);
      const lost = client.crons.createForThread(randomUUID(), "chain", { schedule: "0 7 * * *" });
      expect(await statusOf(lost)).toBe(404);
    });
  });
});
