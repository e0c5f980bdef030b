// tutti threads: what is running, paused, finished, failed.
import type { ThreadRecord } from "../../storage/index.ts";
import { clean, fit, oneLine } from "../display-width.ts";
import { EXIT } from "../exit-code.ts";
import { dim, shortId } from "../format.ts";
import type { CliHost, Platform } from "../platform.ts";
import type { Common } from "../platform.ts";
import { withPlatform } from "../with-platform.ts";

export interface ThreadsRequest extends Common {
  readonly limit?: number;
}

/** What the list says: a thread that is running in no process was stopped with it. */
const standing = async (platform: Platform, thread: ThreadRecord): Promise<string> =>
  thread.status === "running" && !(await platform.isLocked(thread.id)) ? "stopped" : thread.status;

/** `2026-11-22 16:43`, in the machine's zone. */
const when = (milliseconds: number): string =>
  new Date(milliseconds).toLocaleString("sv-SE").slice(0, 16);

export const threads = (host: CliHost, request: ThreadsRequest): Promise<number> =>
  withPlatform(host, request, async (platform) => {
    const { out, ansi, columns, movable } = host.terminal;
    const found = await platform.threads.list(request.limit ?? 20);
    if (found.length === 0 && request.json !== true)
      out('No threads yet. Begin with: npx tutti run "GOAL" --file FILE\n');
    for (const thread of found) {
      const status = await standing(platform, thread);
      if (request.json === true) {
        const { input: _untold, ...shown } = thread;
        out(`${JSON.stringify({ ...shown, status })}\n`);
        continue;
      }
      const goal = oneLine(clean(thread.goal));
      const line = `${shortId(thread.id)}  ${status.padEnd(8)}  ${dim(when(thread.updatedAt), ansi)}  ${goal}`;
      out(`${movable ? fit(line, columns()) : line}\n`);
    }
    return EXIT.finished;
  });
