// What a node of the campaign does: it takes its time, and says outside that it has worked. The file it
// says so in is opened for appending, so that lines of many processes do not mix.
import { appendFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { z } from "zod";

/** One piece of work: what a node says outside when it begins, and puts into the state when it is done. */
export const Work = z.object({
  run: z.string(),
  node: z.string(),
  attempt: z.number(),
  /** The fence of the attempt. */
  token: z.number(),
  pid: z.number(),
  /** When it began, in milliseconds. */
  at: z.number(),
});
export type Work = z.infer<typeof Work>;

const LOG = process.env["CAMPAIGN_LOG"] ?? "";
const MILLISECONDS = Number(process.env["CAMPAIGN_NODE_MS"] ?? 0);

const described = (node: string, config: LangGraphRunnableConfig): Work => {
  const { configurable = {}, metadata = {} } = config;
  return {
    run: String(configurable["run_id"]),
    node,
    attempt: Number(metadata["run_attempt"]),
    token: Number(configurable["fence"]),
    pid: process.pid,
    at: Date.now(),
  };
};

/** Answers the patch that a node hands back. */
export const work = async (
  node: string,
  config: LangGraphRunnableConfig,
): Promise<{ log: Work[] }> => {
  const done = described(node, config);
  if (LOG !== "") appendFileSync(LOG, `${JSON.stringify(done)}\n`);
  config.writer?.({ node, attempt: done.attempt });
  if (MILLISECONDS > 0) await wait(MILLISECONDS * (0.2 + 1.6 * Math.random()));
  return { log: [done] };
};
