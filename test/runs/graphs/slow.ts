// A node that works until it is told to stop, one that does not listen, and one that fails.
import { END, type LangGraphRunnableConfig, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

const SlowState = z.object({
  how: z.enum(["listens", "hangs", "fails"]),
  log: z.string().default(""),
});

/** Told when a node has begun; set by tests. */
export const watch: { begun: () => void; release: Promise<void> } = {
  begun: () => undefined,
  release: Promise.resolve(),
};

class Broken extends Error {
  override name = "Broken";
}

const wait = (signal: AbortSignal | undefined) =>
  new Promise<never>((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

export const graph = new StateGraph(SlowState)
  .addNode("ready", () => ({ log: "ready" }))
  .addNode("work", async ({ how }, config: LangGraphRunnableConfig) => {
    config.writer?.({ begun: true });
    watch.begun();
    if (how === "fails") throw new Broken("no luck");
    await (how === "listens" ? wait(config.signal) : watch.release);
    return { log: "worked" };
  })
  .addEdge(START, "ready")
  .addEdge("ready", "work")
  .addEdge("work", END)
  .compile();
