// tutti ask THREAD "…": tells a finished thread something new; what is verified and still right is kept.
import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import { start } from "../../runs/index.ts";
import { drive } from "../drive.ts";
import type { CliHost } from "../platform.ts";

const Flags = z.object({
  data: z.string(),
  by: z.string(),
  json: z.boolean().default(false),
  file: z.array(z.string()).default([]),
});

export const addAsk = (program: Command, host: CliHost, end: (code: number) => void): void => {
  program
    .command("ask")
    .description("ask a finished thread for a change or for more")
    .argument("<thread>", "id, or the beginning of one")
    .argument("<text>", 'e.g. "now by quarter, and add margins"')
    .option("--file <path...>", "more files, or newer versions of the same names")
    .option("--json", "one JSON event a line")
    .action(async (id: string, text: string, _options: unknown, command: Command) => {
      const flags = Flags.parse(command.optsWithGlobals());
      if (text.trim() === "") throw new TuttiError("USAGE", "there is nothing asked");
      const platform = await host.open(flags.data);
      try {
        const thread = platform.threads.find(id);
        const files = await Promise.all(
          flags.file.map((path) => platform.copyInput({ path: resolve(path) })),
        );
        const messages = [{ role: "user", content: text }];
        const context = { host, platform, thread, json: flags.json, by: flags.by };
        end(await drive(context, (execution) => start(execution, { messages, files })));
      } finally {
        await platform.close();
      }
    });
};
