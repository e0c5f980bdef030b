// tutti ask THREAD "…": tells a finished thread something new; what is verified and still right is kept.
import { randomUUID } from "node:crypto";
import { TuttiError } from "../../errors.ts";
import { start } from "../../runs/index.ts";
import { drive } from "../drive.ts";
import type { CliHost } from "../platform.ts";
import type { Common } from "../platform.ts";
import { takeFiles } from "../take-files.ts";
import { withPlatform } from "../with-platform.ts";
import { checkedOut } from "./run.ts";

export interface AskRequest extends Common {
  readonly thread: string;
  readonly text: string;
  readonly file?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
}

export const ask = (host: CliHost, request: AskRequest): Promise<number> =>
  withPlatform(host, request, async (platform) => {
    const { text, json = false, by = host.user } = request;
    if (text.trim() === "")
      throw new TuttiError("USAGE", "there is nothing asked", { hint: "say what is to change" });
    const thread = await platform.threads.find(request.thread);
    const out =
      request.out === undefined
        ? thread.out
        : await checkedOut(request.out, thread.id, request.force ?? false);
    const files = await takeFiles(host, platform, request);
    // Named, so that after a kill it can be told whether a checkpoint holds it.
    const messages = [{ id: randomUUID(), role: "user", content: text }];
    const context = { host, platform, thread, json, by, place: request };
    return await drive(context, async (execution, { id }) => {
      const input = { messages, files };
      await platform.threads.update(id, { input, out });
      return await start(execution, input);
    });
  });
