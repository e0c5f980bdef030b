import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { care, type Persistence } from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";
import { storyGraph } from "./graphs.ts";
import { describeTuple } from "./model.ts";

const all = await adapters();
afterAll(() => Promise.all(all.map((adapter) => adapter.dispose())));

const on = (thread: string) => ({ configurable: { thread_id: thread } });
const run = (persistence: Persistence, thread: string, text: string) =>
  storyGraph(persistence.saver).invoke({ last: { text, fan: 2 } }, on(thread));

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (_name, adapter) => {
  let persistence: Persistence;
  beforeAll(async () => {
    persistence = await adapter.open(await adapter.create());
  });
  afterAll(() => persistence.close());

  const history = async (thread: string): Promise<unknown[]> => {
    const tuples = [];
    for await (const tuple of persistence.saver.list(on(thread))) tuples.push(describeTuple(tuple));
    return tuples;
  };
  const newest = async (thread: string): Promise<string | undefined> =>
    (await persistence.saver.getTuple({ configurable: { thread_id: thread, checkpoint_ns: "" } }))
      ?.checkpoint.id;

  it("a thread taken back is as it was, and goes on from there", async () => {
    await run(persistence, "a", "one");
    await run(persistence, "a/1", "child");
    const [before, child, at] = [await history("a"), await history("a/1"), await newest("a/1")];
    const until = await newest("a");
    await run(persistence, "a", "two");
    await run(persistence, "a/2", "begun by it");
    // the child came after the root's own checkpoint: what is newer than the given one goes
    await care.rollBack(persistence, "a", at);
    expect(await history("a")).toEqual(before);
    expect(await history("a/1")).toEqual(child);
    expect(await history("a/2")).toEqual([]);
    expect(await newest("a")).toBe(until);
    expect((await care.verify(persistence)).damages).toEqual([]);
    await run(persistence, "a", "three");
    expect((await history("a")).length).toBeGreaterThan(before.length);
  });

  it("without a checkpoint to go to nothing is left, and other threads are not touched", async () => {
    await run(persistence, "b", "one");
    await run(persistence, "bc", "other");
    await care.rollBack(persistence, "b", undefined);
    expect(await history("b")).toEqual([]);
    expect(await history("bc")).not.toEqual([]);
  });
});
