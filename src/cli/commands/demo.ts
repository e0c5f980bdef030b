// tutti demo: the main job on the example data, with a person's sign-off in the middle.
import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { EXIT } from "../exit-code.ts";
import type { CliHost } from "../platform.ts";
import { runGoal } from "./run.ts";

const Flags = z.object({
  data: z.string(),
  by: z.string(),
  json: z.boolean().default(false),
  out: z.string().default("report"),
});

export const DEMO_GOAL =
  "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies";

const explain = (host: CliHost, text: string): void => host.terminal.out(`\n${text}\n\n`);

/** Without a terminal nobody can sign off: the demo does it itself, in a new process, and says so. */
const signOff = async (host: CliHost, data: string): Promise<number> => {
  const platform = await host.open(data);
  const [thread] = platform.threads.list(1);
  await platform.close();
  if (thread?.status !== "waiting") return EXIT.failed;
  explain(
    host,
    "The run is paused, durably: this process ends its part here. There is no terminal to ask, so the demo now\n" +
      'approves the result itself, as reviewer "demo", in a new process.',
  );
  return await host.again(["resume", thread.id, "--approve", "--by", "demo", "--data", data]);
};

export const addDemo = (program: Command, host: CliHost, end: (code: number) => void): void => {
  program
    .command("demo")
    .description("the main job on the example data, with no key and no server")
    .option("--out <folder>", "folder for the finished files", "report")
    .option("--json", "one JSON event a line")
    .action(async (_options: unknown, command: Command) => {
      const flags = Flags.parse(command.optsWithGlobals());
      const files = ["sales.csv", "plan.xlsx"].map((name) => join(host.examples, name));
      if (!flags.json) host.terminal.out(`goal: ${DEMO_GOAL}\nfiles: ${files.join(", ")}\n`);
      const platform = await host.open(flags.data);
      let code: number;
      try {
        code = await runGoal(host, platform, {
          goal: DEMO_GOAL,
          files,
          out: flags.out,
          force: true,
          budget: "200ktok,2.50eur",
          review: ["result"],
          graph: "orchestrator",
          json: flags.json,
          by: flags.by,
        });
      } finally {
        await platform.close();
      }
      const unattended = code === EXIT.waiting && !host.terminal.interactive;
      end(unattended ? await signOff(host, flags.data) : code);
    });
};
