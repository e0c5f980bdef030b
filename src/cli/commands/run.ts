// tutti run "goal" --file … --out …: the main job.
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import { parseBudget } from "../../governance/index.ts";
import { checkOut, start } from "../../runs/index.ts";
import { drive } from "../drive.ts";
import type { CliHost, Platform } from "../platform.ts";

const Flags = z.object({
  file: z.array(z.string()).default([]),
  out: z.string().optional(),
  force: z.boolean().default(false),
  budget: z.string().optional(),
  review: z.string().optional(),
  json: z.boolean().default(false),
  graph: z.string().default("orchestrator"),
  concurrency: z.coerce.number().int().min(1).max(64).optional(),
  data: z.string(),
  by: z.string(),
});

export const parseReview = (text: string | undefined): string[] => {
  const points = (text ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const wrong = points.find((word) => word !== "plan" && word !== "result");
  if (wrong !== undefined)
    throw new TuttiError("USAGE", `--review takes plan and result, not "${wrong}"`, {
      hint: "--review plan,result",
    });
  return points;
};

export interface RunRequest {
  goal: string;
  files: readonly string[];
  out: string | undefined;
  force: boolean;
  budget: string | undefined;
  review: readonly string[];
  graph: string;
  json: boolean;
  by: string;
  concurrency?: number | undefined;
}

/** Starts a thread and follows it. Everything that can be refused is refused before it exists. */
export const runGoal = async (
  host: CliHost,
  platform: Platform,
  request: RunRequest,
): Promise<number> => {
  const id = randomUUID();
  const out = request.out === undefined ? null : resolve(request.out);
  if (out !== null) await checkOut(out, id, request.force);
  const limits = request.budget === undefined ? {} : parseBudget(request.budget);
  await platform.graphs.load(request.graph);
  const files = await Promise.all(
    request.files.map((path) => platform.copyInput({ path: resolve(path) })),
  );
  const thread = platform.threads.create({ id, graphId: request.graph, goal: request.goal, out });
  const { tokens, microEur, calls, steps, minutes } = limits;
  await platform.budget.limit(id, {
    ...(tokens === undefined ? {} : { tokens }),
    ...(microEur === undefined ? {} : { microEur }),
    ...(calls === undefined ? {} : { calls }),
  });
  if (!request.json) host.terminal.out(`thread ${id}\n`);
  const options = {
    review: request.review,
    ...(steps === undefined ? {} : { steps }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(request.concurrency === undefined ? {} : { concurrency: request.concurrency }),
  };
  return drive({ host, platform, thread, json: request.json, by: request.by }, (execution) =>
    start(execution, { goal: request.goal, files, options }),
  );
};

export const addRun = (program: Command, host: CliHost, end: (code: number) => void): void => {
  program
    .command("run")
    .description("turn a goal and files into a checked, approved, finished result")
    .argument("<goal>", "what is to be done, in plain words")
    .option(
      "--file <path...>",
      "files to work on: CSV, TSV, JSON, Parquet, XLSX, PDF, DOCX, HTML, text",
    )
    .option("--out <folder>", "folder for the finished files")
    .option("--force", "write into --out although it is not empty")
    .option("--budget <limits>", "e.g. 2.50eur,200ktok,50calls,40steps,10min")
    .option("--review <points>", "where a person signs off: plan, result or both")
    .option("--concurrency <n>", "tasks at the same time (4)")
    .option("--graph <id>", "graph of langgraph.json", "orchestrator")
    .option("--json", "one JSON event a line")
    .action(async (goal: string, _options: unknown, command: Command) => {
      const flags = Flags.parse(command.optsWithGlobals());
      if (goal.trim() === "") throw new TuttiError("USAGE", "the goal is empty");
      const platform = await host.open(flags.data);
      try {
        const review = parseReview(flags.review);
        end(
          await runGoal(host, platform, {
            goal,
            files: flags.file,
            out: flags.out,
            force: flags.force,
            budget: flags.budget,
            review,
            graph: flags.graph,
            json: flags.json,
            by: flags.by,
            concurrency: flags.concurrency,
          }),
        );
      } finally {
        await platform.close();
      }
    });
};
