// A writer to be killed: writes checkpoints to several threads and says on its output, after each
// acknowledgement, which. Arguments: url, durability, prefix, threads.
import { writeSync } from "node:fs";
import { uuid6 } from "@langchain/langgraph-checkpoint";
import { open } from "../../checkpoints/index.ts";

const [url = "", durability = "full", prefix = "t", threads = "4"] = process.argv.slice(2);

const persistence = await open(url, { durability: durability as "full" | "normal" });
const { saver } = persistence;

const run = async (thread: string): Promise<void> => {
  const log: string[] = [];
  let config: object = { configurable: { thread_id: thread, checkpoint_ns: "" } };
  for (let step = 0; ; step += 1) {
    log.push(`${thread} step ${step} ${"pad ".repeat(20)}`);
    const id = uuid6(step);
    const version = saver.getNextVersion(undefined);
    const checkpoint = {
      v: 4,
      id,
      ts: new Date().toISOString(),
      channel_values: { log: [...log], step },
      channel_versions: { log: version, step: version },
      versions_seen: {},
    };
    const stored = await saver.put(
      config,
      checkpoint,
      { source: "loop", step, parents: {} },
      checkpoint.channel_versions,
    );
    writeSync(1, `c ${thread} ${step} ${id}\n`);
    await saver.putWrites(
      stored,
      [["log", [`${thread} write ${step} ${"pad ".repeat(20)}`]]],
      `task-${step}`,
    );
    writeSync(1, `w ${thread} ${step} ${id}\n`);
    config = stored;
  }
};

await Promise.all(Array.from({ length: Number(threads) }, (_, i) => run(`${prefix}-${i}`)));
