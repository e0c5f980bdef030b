// A worker as a process of its own: `worker-process.ts URL NAME`. What its graph's node does when it has
// begun, the parent says: `go`. `stop` drains it.
import { END, type LangGraphRunnableConfig, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";
import type { DeployedGraph } from "../../src/runs/index.ts";
import { openSharedPlatform } from "./shared-platform.ts";

export type FromWorker =
  | { readonly ready: true }
  | { readonly begun: string }
  | { readonly over: string; readonly end: string };
/** `go`: what waits now may go on; `go on`: what waits later, too. */
export type ToWorker = "go" | "go on" | "stop";

const State = z.object({
  /** `waits` for the parent or its signal; `dies` kills its process; `runs` does neither. */
  how: z.enum(["waits", "dies", "runs"]),
  log: z.array(z.string()).default([]),
});

const [url = "", name = ""] = process.argv.slice(2);
const tell = (message: FromWorker): void => void process.send?.(message);

let go = Promise.withResolvers<void>();
const untilTold = (signal: AbortSignal | undefined) =>
  Promise.race([
    go.promise,
    new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    }),
  ]);

export const graph = new StateGraph(State)
  .addNode("first", ({ log }) => ({ log: [...log, "first"] }))
  .addNode("work", async ({ how, log }, config: LangGraphRunnableConfig) => {
    if (how === "dies") process.kill(process.pid, "SIGKILL");
    if (how === "waits") {
      config.writer?.({ begun: name });
      tell({ begun: name });
      await untilTold(config.signal);
    }
    return { log: [...log, "work"] };
  })
  .addNode("last", ({ log }) => ({ log: [...log, "last"] }))
  .addEdge(START, "first")
  .addEdge("first", "work")
  .addEdge("work", "last")
  .addEdge("last", END)
  .compile() as unknown as DeployedGraph["graph"];

if (process.send !== undefined && url !== "") {
  const log = {
    info: (fields: object, message: string) => {
      const { runId, end } = fields as { runId?: string; end?: string };
      if (message === "attempt over") tell({ over: runId ?? "", end: end ?? "" });
    },
    warn: () => undefined,
    error: (fields: object, message: string) => console.error(name, message, fields),
  };
  const platform = await openSharedPlatform(url, graph, { log, isWorker: true });
  const loops = await platform.work(name);
  process.on("message", (message: ToWorker) => {
    if (message === "go" || message === "go on") {
      go.resolve();
      if (message === "go") go = Promise.withResolvers();
      return;
    }
    void loops
      .stop({ graceMs: 0, stepMs: 200 })
      .then(() => platform.close())
      .then(() => process.disconnect());
  });
  tell({ ready: true });
}
