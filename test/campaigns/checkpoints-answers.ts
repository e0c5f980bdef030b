// Two processes answer one pause at once, many times: exactly one is accepted, the other gets a
// conflict, and the history does not fork.
//   npm run campaign -- checkpoints-answers [--count N] [--adapter sqlite|postgres]
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { adapters } from "../checkpoints/adapters.ts";
import { pausingGraph } from "../checkpoints/graphs.ts";

const { values } = parseArgs({
  options: { count: { type: "string" }, adapter: { type: "string" }, seed: { type: "string" } },
});
const count = Number(values.count ?? 1_000);

interface Answerer {
  readonly process: ChildProcess;
  next(): Promise<string>;
}

const startAnswerer = async (url: string, name: string): Promise<Answerer> => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "checkpoints-answerer.ts"), url, name],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  await next(); // "ready"
  return { process: child, next };
};

let failures = 0;
for (const adapter of await adapters()) {
  if (
    adapter.name === "memory" ||
    (values.adapter !== undefined && values.adapter !== adapter.name)
  ) {
    await adapter.dispose();
    continue;
  }
  const url = await adapter.create();
  const { saver, close } = await adapter.open(url);
  const graph = pausingGraph(saver);
  const pair = [await startAnswerer(url, "left"), await startAnswerer(url, "right")];
  const wins = { left: 0, right: 0 };
  for (let i = 0; i < count; i += 1) {
    const thread = `t${i}`;
    await graph.invoke({}, { configurable: { thread_id: thread }, durability: "sync" });
    for (const { process: child } of pair) child.stdin?.write(`${thread}\n`);
    const outcomes = await Promise.all(pair.map(({ next }) => next()));
    const accepted = outcomes.filter((line) => line === `${thread} accepted`).length;
    const refused = outcomes.filter((line) => line === `${thread} CHECKPOINT_CONFLICT`).length;
    const history = [];
    for await (const { parentConfig } of saver.list({ configurable: { thread_id: thread } })) {
      history.push(parentConfig?.configurable?.["checkpoint_id"] as string | undefined);
    }
    const isForked = new Set(history).size !== history.length;
    const { values: state } = await graph.getState({ configurable: { thread_id: thread } });
    const answers = (state as { answers: string[] }).answers;
    if (accepted !== 1 || refused !== 1 || isForked || answers.length !== 1) {
      failures += 1;
      console.log(
        `${adapter.name} ${thread}: ${outcomes.join(", ")}; forked ${isForked}; answers ${answers.join(", ")}`,
      );
    } else wins[answers[0] as "left" | "right"] += 1;
  }
  for (const { process: child } of pair) child.stdin?.end();
  console.log(
    `${adapter.name}: ${count} pauses, left won ${wins.left}, right won ${wins.right}, ${failures} problems`,
  );
  await close();
  await adapter.dispose();
}
process.exit(failures === 0 ? 0 : 1);
