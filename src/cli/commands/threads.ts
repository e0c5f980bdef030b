// tutti threads: what is running, paused, finished, failed.
import type { Command } from "commander";
import { z } from "zod";
import type { ThreadRecord } from "../../storage/index.ts";
import { dim, fit } from "../format.ts";
import type { CliHost, Platform } from "../platform.ts";

const Flags = z.object({
  data: z.string(),
  json: z.boolean().default(false),
  limit: z.coerce.number().int().positive().default(20),
});

/** What the list says: a thread that is running in no process was stopped with it. */
const standing = (platform: Platform, thread: ThreadRecord): string =>
  thread.status === "running" && !platform.isLocked(thread.id) ? "stopped" : thread.status;

export const addThreads = (program: Command, host: CliHost): void => {
  program
    .command("threads")
    .description("list the threads, the latest first")
    .option("--limit <n>", "how many", "20")
    .option("--json", "one JSON object a line")
    .action(async (_options: unknown, command: Command) => {
      const flags = Flags.parse(command.optsWithGlobals());
      const platform = await host.open(flags.data);
      const { out, ansi, columns } = host.terminal;
      try {
        const threads = platform.threads.list(flags.limit);
        if (threads.length === 0 && !flags.json) out("no threads yet\n");
        for (const thread of threads) {
          const status = standing(platform, thread);
          if (flags.json) {
            out(`${JSON.stringify({ ...thread, status })}\n`);
            continue;
          }
          const when = new Date(thread.updatedAt).toISOString().slice(0, 16).replace("T", " ");
          const goal = thread.goal.split("\n")[0] ?? "";
          const line = `${thread.id.slice(0, 8)}  ${status.padEnd(8)}  ${dim(when, ansi)}  ${goal}`;
          out(`${fit(line, columns())}\n`);
        }
      } finally {
        await platform.close();
      }
    });
};
