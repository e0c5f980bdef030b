// Lists that several processes continue: each saver here knows only what it wrote or read itself.
import { emptyCheckpoint, uuid6, type Checkpoint } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { care, type Persistence, type TuttiSaver } from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";

const all = (await adapters()).filter(({ name }) => name !== "memory");
const START = { configurable: { thread_id: "t", checkpoint_ns: "" } };

interface Stand {
  readonly config: RunnableConfig;
  readonly log: readonly string[];
}

let clock = 0;
// appends to the list of a checkpoint, as a graph's step does
const step = async (saver: TuttiSaver, stand: Stand, text: string): Promise<Stand> => {
  const log = [...stand.log, `${text} ${"pad ".repeat(20)}`];
  const version = saver.getNextVersion(undefined);
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id: uuid6((clock += 1)),
    channel_values: { log, "branch:to:next": null },
    channel_versions: { log: version, "branch:to:next": version },
  };
  const config = await saver.put(
    stand.config,
    checkpoint,
    { source: "loop", step: clock, parents: {} },
    { log: version },
  );
  return { config, log };
};

const steps = async (
  saver: TuttiSaver,
  from: Stand,
  count: number,
  text: string,
): Promise<Stand> => {
  let stand = from;
  for (let i = 0; i < count; i += 1) stand = await step(saver, stand, `${text} ${i}`);
  return stand;
};

afterAll(() => Promise.all(all.map(({ dispose }) => dispose())));

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (_, adapter) => {
  let url: string;
  const opened: Persistence[] = [];

  const process = async (): Promise<TuttiSaver> => {
    const persistence = await adapter.open(url);
    opened.push(persistence);
    return persistence.saver;
  };

  beforeEach(async () => {
    url = await adapter.create();
  });

  afterEach(() => Promise.all(opened.splice(0).map(({ close }) => close())));

  const expectStored = async (stands: readonly Stand[]): Promise<void> => {
    const reader = await process();
    for (const { config, log } of stands)
      expect((await reader.getTuple(config))?.checkpoint.channel_values["log"]).toEqual(log);
    expect((await care.verify(opened.at(-1) as Persistence)).damages).toEqual([]);
  };

  it.each([3, 8, 12, 30])(
    "two continue a list of %i in turns, each in its own branch",
    async (n) => {
      const [left, right] = [await process(), await process()];
      const root = await steps(left, { config: START, log: [] }, n, "root");
      await right.getTuple(root.config);
      const stands: Stand[] = [root];
      let [a, b] = [root, root];
      for (let i = 0; i < 20; i += 1) {
        a = await step(left, a, `left ${i}`);
        b = await step(right, b, `right ${i}`);
        stands.push(a, b);
      }
      await expectStored(stands);
    },
  );

  it("one takes over from another, and an old checkpoint is continued too", async () => {
    const first = await process();
    const root = await steps(first, { config: START, log: [] }, 21, "root");
    const ahead = await steps(first, root, 9, "ahead");
    const second = await process();
    await second.getTuple(ahead.config);
    const taken = await steps(second, ahead, 9, "taken over");
    const forked = await steps(second, root, 9, "forked");
    const again = await steps(first, root, 9, "forked by the first");
    await expectStored([root, ahead, taken, forked, again]);
  });

  it("prunes branches without harm to those that share their lists", async () => {
    const saver = await process();
    const root = await steps(saver, { config: START, log: [] }, 30, "root");
    await steps(saver, root, 11, "left");
    const right = await steps(saver, root, 12, "right");
    await care.pruneThread(opened[0] as Persistence, "t", { keep: 13 });
    await expectStored([right]);
    const on = await steps(saver, right, 10, "on");
    await expectStored([on]);
  });
});
