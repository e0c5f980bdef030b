// Workers as processes on one PostgreSQL: killed, stopped, drained, cut off from the database.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startPostgres } from "../fixtures/postgres.ts";
import { collect, never, request, scope, silent } from "./platform.ts";
import { openSharedPlatform, type SharedPlatform } from "./shared-platform.ts";
import { type FromWorker, graph, type ToWorker } from "./worker-process.ts";

const server = await startPostgres();

describe.skipIf("why" in server)("workers on many machines", { timeout: 60_000 }, () => {
  if ("why" in server) return;
  let api: SharedPlatform;
  const children = new Set<ChildProcess>();
  beforeAll(async () => {
    api = await openSharedPlatform(server.url, graph, { log: silent, isWorker: false });
  });
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  afterEach(async () => {
    await Promise.all([...children].map(end));
    children.clear();
  });
  afterAll(async () => {
    await api.close();
    await server.stop();
  });

  interface WorkerProcess {
    readonly child: ChildProcess;
    send(message: ToWorker): void;
    /** The first message that fits, also one that has come already. */
    heard(fits: (message: FromWorker) => boolean): Promise<FromWorker>;
    begun(): Promise<FromWorker>;
  }
  const start = async (name: string): Promise<WorkerProcess> => {
    const child = fork(new URL("worker-process.ts", import.meta.url), [server.url, name]);
    children.add(child);
    const messages: FromWorker[] = [];
    const waiting = new Set<() => void>();
    child.on("message", (message) => {
      messages.push(message as FromWorker);
      for (const look of waiting) look();
    });
    const heard = (fits: (message: FromWorker) => boolean) =>
      new Promise<FromWorker>((resolve) => {
        const look = (): void => {
          const found = messages.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    const process: WorkerProcess = {
      child,
      send: (message) => void child.send(message),
      heard,
      begun: () => heard((message) => "begun" in message),
    };
    await heard((message) => "ready" in message);
    return process;
  };
  const create = (how: string, threadId: string | null = null) =>
    api.service.create(
      scope,
      request(threadId, {
        input: { how },
        streamModes: ["custom", "values"],
        onCompletion: "keep",
      }),
    );
  const join = (id: string) => api.service.join(scope, undefined, id, never);
  const checkpoints = async (threadId: string): Promise<number> => {
    const config = { configurable: { thread_id: threadId } };
    return (await collect(api.persistence.saver.list(config))).length;
  };
  const DONE = { how: "waits", log: ["first", "work", "last"] };

  it("go on with the run of a killed one, and its followers miss and repeat nothing", async () => {
    const a = await start("a");
    const run = await create("waits");
    const following = collect(
      api.service.stream(scope, undefined, run.id, { after: 0, signal: never }),
    );
    await a.begun();
    const b = await start("b");
    a.child.kill("SIGKILL");
    await b.begun();
    b.send("go");
    expect(await join(run.id)).toMatchObject({ status: "success", values: DONE });
    const events = await following;
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    const begun = events.filter(({ event }) => event === "custom").map(({ data }) => data);
    expect(begun).toEqual(['{"begun":"a"}', '{"begun":"b"}']);
    // Input, three steps and their start: the step before the kill was not done again.
    expect(await checkpoints(run.threadId)).toBe(5);
  });

  it("go on with the run of a stopped one, which writes nothing when it wakes", async () => {
    const a = await start("a");
    const run = await create("waits");
    await a.begun();
    const b = await start("b");
    a.child.kill("SIGSTOP");
    await b.begun();
    a.send("go"); // as if its node had been done all along
    a.child.kill("SIGCONT");
    expect(await a.heard((message) => "over" in message)).toMatchObject({ end: "lost" });
    expect(await api.records.runs.get(scope, undefined, run.id)).toMatchObject({ worker: "b" });
    b.send("go");
    expect(await join(run.id)).toMatchObject({ status: "success", values: DONE });
    expect(await checkpoints(run.threadId)).toBe(5);
  });

  it("stop a node that runs in another process when it is cancelled", async () => {
    const a = await start("a");
    const run = await create("waits");
    await a.begun();
    const which = { runIds: [run.id] };
    const [row] = await api.service.cancel(scope, which, "interrupt", { wait: true });
    expect(row?.status).toBe("interrupted");
    expect((await join(run.id)).values).toMatchObject({ log: ["first"] });
  });

  it("take a run back that is rolled back, with its checkpoints", async () => {
    const a = await start("a");
    const first = await create("runs");
    await join(first.id);
    const before = await checkpoints(first.threadId);
    const run = await create("waits", first.threadId);
    await a.begun();
    await api.service.cancel(scope, { runIds: [run.id] }, "rollback", { wait: true });
    expect(await checkpoints(first.threadId)).toBe(before);
    const thread = await api.records.threads.get(scope, first.threadId);
    expect(thread).toMatchObject({ status: "idle", values: { log: ["first", "work", "last"] } });
  });

  it("hand over what they have not finished when they are told to stop", async () => {
    const a = await start("a");
    const run = await create("waits");
    await a.begun();
    const b = await start("b");
    const gone = once(a.child, "exit");
    a.send("stop");
    expect(await gone).toEqual([0, null]);
    await b.begun();
    b.send("go");
    expect(await join(run.id)).toMatchObject({ status: "success", values: DONE });
    expect((await api.records.runs.get(scope, undefined, run.id)).attempts).toBe(1);
  });

  it("give a run up that killed three of them", async () => {
    const run = await create("dies");
    for (let i = 0; i < 3; i += 1) {
      const child = fork(new URL("worker-process.ts", import.meta.url), [server.url, `w${i}`]);
      children.add(child);
      await once(child, "exit");
    }
    const last = await start("last");
    expect(await join(run.id)).toMatchObject({
      status: "error",
      error: { error: "RUN_POISONED" },
    });
    expect(last.child.exitCode).toBeNull();
  });

  it("live on when the database cuts all connections, and the runs go on", async () => {
    const a = await start("a");
    const run = await create("waits");
    await a.begun();
    await api.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    a.send("go on"); // an attempt that was cut off begins its node again
    expect(await join(run.id)).toMatchObject({ status: "success", values: DONE });
    const next = await create("runs");
    expect((await join(next.id)).status).toBe("success");
    expect(a.child.exitCode).toBeNull();
  });

  it("lose none of 200 runs between two of them", async () => {
    await Promise.all([start("a"), start("b")]);
    const runs = await Promise.all(Array.from({ length: 200 }, () => create("runs")));
    const results = await Promise.all(runs.map(({ id }) => join(id)));
    expect(results.map(({ status }) => status)).toEqual(runs.map(() => "success"));
    const rows = await Promise.all(
      runs.map(({ id }) => api.records.runs.get(scope, undefined, id)),
    );
    expect(rows.map(({ attempts }) => attempts)).toEqual(rows.map(() => 1));
  });
});
