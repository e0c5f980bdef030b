// What rests on a commit that failed must not be stored: its values would be missing for ever.
import { emptyCheckpoint, uuid6, type Checkpoint } from "@langchain/langgraph-checkpoint";
import { care, type Persistence } from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";

const all = await adapters();
const meta = { source: "loop", step: 0, parents: {} } as const;
const on = (thread: string) => ({ configurable: { thread_id: thread, checkpoint_ns: "" } });

const checkpointWith = (values: Record<string, unknown>): Checkpoint => ({
  ...emptyCheckpoint(),
  id: uuid6(1),
  channel_values: values,
  channel_versions: Object.fromEntries(Object.keys(values).map((key) => [key, 1])),
});

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (_, adapter) => {
  let persistence: Persistence;
  beforeAll(async () => {
    persistence = await adapter.open(await adapter.create());
  });
  afterAll(async () => {
    await persistence.close();
    await adapter.dispose();
  });

  it("stores a value again that a refused write had stored", async () => {
    const { saver } = persistence;
    const answer = { text: "the same long answer, given by two ".repeat(4) };
    const paused = await saver.put(on("t"), checkpointWith({}), meta, {});
    await saver.putWrites(paused, [["__interrupt__", [{ id: "a".repeat(32), value: 1 }]]], "ask");
    const nobody = "00000000-0000-0000-0000-000000000000";
    await saver.putWrites(paused, [["__resume__", "first"]], nobody);
    const late = (async () => saver.putWrites(paused, [["__resume__", answer]], nobody))();
    const next = checkpointWith({ answer });
    const stored = saver.put(paused, next, meta, next.channel_versions);
    await expect(late).rejects.toMatchObject({ code: "CHECKPOINT_CONFLICT" });
    expect((await saver.get(await stored))?.channel_values).toEqual({ answer });
    expect((await care.verify(persistence)).damages).toEqual([]);
  });

  it("keeps the fates of threads apart that are committed together", async () => {
    const { saver } = persistence;
    const old = await saver.acquire("fenced");
    await saver.acquire("fenced");
    const stale = { configurable: { ...on("fenced").configurable, fence: old } };
    const value = { text: "kept ".repeat(40) };
    const puts = ["x", "fenced", "y"].map((thread) => {
      const checkpoint = checkpointWith({ value });
      return saver.put(
        thread === "fenced" ? stale : on(thread),
        checkpoint,
        meta,
        checkpoint.channel_versions,
      );
    });
    const settled = await Promise.allSettled(puts);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    for (const thread of ["x", "y"])
      expect((await saver.get(on(thread)))?.channel_values).toEqual({ value });
    expect(await saver.get(on("fenced"))).toBeUndefined();
  });
});
