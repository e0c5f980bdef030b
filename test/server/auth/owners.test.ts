// Users of one tenant whom handlers tell apart by an owner in the metadata: over every endpoint, each sees
// what is its own.
import { Auth, HTTPException } from "@langchain/langgraph-sdk/auth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Access, accessFor } from "../../../src/server/index.ts";
import { startPostgres } from "../../fixtures/postgres.ts";
import { startServer, type TestServer } from "../../fixtures/server.ts";
import { foreignRequests, type Things, type Try } from "./foreign-requests.ts";
import { type Caller, visitsTo } from "./strangers.ts";

const SECRET = "plans-of-ann";

const owned = new Auth()
  .authenticate((request) => {
    const user = request.headers.get("x-user");
    if (user === null) throw new HTTPException(401, { message: "who are you?" });
    return user;
  })
  .on("*", () => false)
  .on(["threads", "assistants", "crons"], ({ action, value, user }) => {
    if (["create", "update", "create_run"].includes(action)) {
      const { metadata } = value as { metadata?: Record<string, unknown> };
      Object.assign(value, { metadata: { ...metadata, owner: user.identity } });
    }
    return { owner: user.identity };
  })
  .on("store", ({ value, user }) => {
    const { namespace } = value;
    value.namespace = [user.identity, ...(namespace ?? [])];
    return { namespace: { $contains: user.identity } };
  })
  .on("files" as "*", ({ action }: { action: string }) => action === "create");

const postgres = await startPostgres();
const databases: readonly ("sqlite" | "postgres")[] =
  "why" in postgres ? ["sqlite"] : ["sqlite", "postgres"];
afterAll(async () => {
  if (!("why" in postgres)) await postgres.stop();
});

/** Assistants are everybody's to run. */
const runsAssistant = ({ body }: Try, { assistant }: Things): boolean =>
  JSON.stringify(body ?? {}).includes(assistant);

describe.each(databases)("users that handlers tell apart on %s", (database) => {
  let server: TestServer;
  let visits: ReturnType<typeof visitsTo>;

  const user = (name: string): Caller => {
    const headers = { "x-user": name };
    return { headers, client: server.client(headers) };
  };

  beforeAll(async () => {
    // The access needs the records, which the server opens.
    let access: Access | undefined;
    const ready = (): Access => {
      if (access === undefined) throw new Error("not started");
      return access;
    };
    server = await startServer({
      ...("why" in postgres || database === "sqlite" ? {} : { database: postgres.url }),
      access: {
        authenticate: (request) => ready().authenticate(request),
        authorize: (...call) => ready().authorize(...call),
      },
    });
    const { records, clock, logger } = server.platform;
    access = await accessFor({
      host: "0.0.0.0",
      keys: records.keys,
      clock,
      log: logger,
      handlers: owned,
    });
    visits = visitsTo(server, `the ${SECRET}`);
  }, 60_000);
  afterAll(() => server.close());

  test("what is another's is answered like what does not exist", async () => {
    const ann = user("ann");
    const bob = user("bob");
    const their = await visits.thingsOf(ann, SECRET);
    const own = await visits.thingsOf(bob, "plans-of-bob");
    const none = visits.nothing(their);
    const before = await visits.seenBy(ann, their);
    for (const [endpoint, tries] of Object.entries(foreignRequests("default"))) {
      const [method = ""] = endpoint.split(" ");
      const harmless = tries(none, own);
      for (const [index, one] of tries(their, own).entries()) {
        const other = harmless[index];
        if (other === undefined) throw new Error("the same tries for all ids");
        if (runsAssistant(one, their)) continue;
        const theirs = await visits.answerOf(bob, method, one, their, own);
        const nobodys = await visits.answerOf(bob, method, other, none, own);
        const what = `${endpoint} ${JSON.stringify(one)}`;
        expect.soft(theirs, what).toBe(nobodys);
        expect.soft(theirs, what).not.toContain(SECRET);
        expect.soft(theirs, what).not.toMatch(/^5\d\d/);
      }
    }
    expect(await visits.seenBy(ann, their)).toBe(before);
  }, 120_000);

  test("an id that another has is taken, and stays the other's", async () => {
    const { client } = user("carl");
    const { thread_id: thread } = await client.threads.create();
    const dora = user("dora").client;
    await expect(dora.threads.create({ threadId: thread })).rejects.toThrow(/^HTTP 409/);
    await expect(dora.threads.create({ threadId: thread, ifExists: "do_nothing" })).rejects.toThrow(
      /^HTTP 4\d\d/,
    );
    await expect(
      dora.runs.wait(thread, "chain", { input: {}, ifNotExists: "create" }),
    ).rejects.toThrow(/^HTTP 404/);
    expect((await client.threads.get(thread)).metadata).toEqual({ owner: "carl" });
  });

  test("everything a user makes is stamped, also over its own word", async () => {
    const { client } = user("eve");
    const metadata = { owner: "frank" };
    const thread = await client.threads.create({ metadata });
    expect(thread.metadata).toMatchObject({ owner: "eve" });
    const assistant = await client.assistants.create({ graphId: "chain", metadata });
    expect(assistant.metadata).toMatchObject({ owner: "eve" });
    await client.threads.update(thread.thread_id, { metadata });
    expect((await client.threads.get(thread.thread_id)).metadata).toMatchObject({ owner: "eve" });
    const cron = (await client.crons.create("chain", {
      schedule: "0 3 * * *",
      metadata,
    })) as unknown as { cron_id: string; payload: unknown };
    const { crons } = server.platform.records;
    const stored = async () => await crons.get({ tenant: "default" }, cron.cron_id);
    expect((await stored()).payload).toMatchObject({ metadata: { owner: "eve" } });
    await client.crons.update(cron.cron_id, { input: { goal: "x" }, metadata });
    expect(await stored()).toMatchObject({
      metadata: { owner: "eve" },
      payload: { metadata: { owner: "eve" }, input: { goal: "x" } },
    });
    const values = await client.runs.wait(null, "chain", { input: { goal: "x" }, metadata });
    expect(values).toMatchObject({ goal: "x" });
    const other = user("gus").client;
    await expect(
      other.crons.createForThread(thread.thread_id, "chain", { schedule: "0 3 * * *" }),
    ).rejects.toThrow(/^HTTP 404/);
  });

  test("graphs are told who asks; no client says so in its place", async () => {
    const { client } = user("hal");
    const { thread_id: thread } = await client.threads.create();
    const run = await client.runs.create(thread, "chain", {
      input: {},
      config: { configurable: { langgraph_auth_user_id: "root", langgraph_auth_user: {} } },
    });
    await client.runs.join(thread, run.run_id);
    const row = await server.platform.records.runs.get({ tenant: "default" }, thread, run.run_id);
    expect(row.kwargs["user"]).toMatchObject({ identity: "hal" });
    expect(JSON.stringify(row.kwargs["config"])).not.toContain("root");
    expect(JSON.stringify(await client.runs.get(thread, run.run_id))).not.toContain("identity");
  });

  test("an assistant says so neither, and a thread does not hand on the headers of its last caller", async () => {
    const { client } = user("ida");
    const forged = { configurable: { langgraph_auth_user_id: "root", kept: 1 } };
    const { assistant_id } = await client.assistants.create({ graphId: "chain", config: forged });
    const { thread_id: thread } = await client.threads.create();
    const told = server.client({ "x-user": "ida", "x-team": "blue" });
    const first = await told.runs.create(thread, assistant_id, { input: {} });
    const { runs, threads } = server.platform.records;
    const configOf = async (id: string) =>
      (await runs.get({ tenant: "default" }, thread, id)).kwargs["config"];
    expect(await configOf(first.run_id)).toEqual({
      configurable: expect.objectContaining({ kept: 1, "x-team": "blue" }) as object,
    });
    expect(JSON.stringify(await configOf(first.run_id))).not.toContain("root");
    const { config } = await threads.get({ tenant: "default" }, thread);
    expect(config["configurable"]).toMatchObject({ kept: 1 });
    expect(config["configurable"]).not.toHaveProperty("x-team");
  });

  test("who is nobody gets the handler's own answer, on every path that is not open", async () => {
    const response = await server.get("/threads/search", { method: "POST", body: "{}" });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      code: "UNAUTHENTICATED",
      detail: "who are you?",
    });
    expect((await server.get("/ok")).status).toBe(200);
    expect((await server.get("/metrics", { headers: { "x-user": "ann" } })).status).toBe(403);
  });
});
