// One of two processes that answer the same pauses. Reads thread names from its input, one a line;
// answers each at once, and says what became of it. Arguments: url, name.
import { createInterface } from "node:readline";
import { Command } from "@langchain/langgraph";
import { open } from "../../checkpoints/index.ts";
import { pausingGraph } from "../checkpoints/graphs.ts";

const [url = "", name = ""] = process.argv.slice(2);
const persistence = await open(url, { durability: "normal" });
const graph = pausingGraph(persistence.saver);
process.stdout.write("ready\n");

for await (const thread of createInterface({ input: process.stdin })) {
  let outcome = "accepted";
  try {
    await graph.invoke(new Command({ resume: name }), {
      configurable: { thread_id: thread },
      durability: "sync",
    });
  } catch (error) {
    outcome = (error as { code?: string }).code ?? String(error);
  }
  process.stdout.write(`${thread} ${outcome}\n`);
}
await persistence.close();
