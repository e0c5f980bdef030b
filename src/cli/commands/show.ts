// tutti show THREAD: plan with statuses, checks, reviews, files, lineage, what it cost.
import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { OrchestratorValues, TaskRecord } from "../../orchestrator/index.ts";
import { FileRef, HandOver } from "../../protocol/index.ts";
import { checkOut, deliver, endOf, stateOf } from "../../runs/index.ts";
import type { ThreadRecord } from "../../storage/index.ts";
import { bold, dim, markOf, spending, wordsOf } from "../format.ts";
import type { CliHost, Platform } from "../platform.ts";

const Flags = z.object({
  data: z.string(),
  json: z.boolean().default(false),
  task: z.string().optional(),
  out: z.string().optional(),
  force: z.boolean().default(false),
});

type Values = Partial<OrchestratorValues>;

const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? "" : `\n${title}\n${items.map((item) => `  ${item}\n`).join("")}`;

const current = (values: Values): TaskRecord[] =>
  Object.values(values.tasks ?? {})
    .filter(({ status }) => status !== "dropped")
    .sort((a, b) => a.order - b.order);

/** Which attempts went wrong before this one, and why: the lineage of a retry. */
const rejectedLines = ({ rejected }: TaskRecord): string[] =>
  rejected.flatMap(({ attempt, findings }) =>
    findings.map(({ code, message }) => `    attempt ${attempt} rejected: ${code}: ${message}`),
  );

const taskLines = (record: TaskRecord, ansi: boolean): string[] => {
  const { task, status, checks, attempt, findings } = record;
  const passed = status === "done" ? `checked: ${checks.join(", ")}` : wordsOf(status);
  const after = task.dependsOn.length === 0 ? "" : `, after ${task.dependsOn.join(", ")}`;
  return [
    `  ${markOf(status, ansi)} ${bold(task.id, ansi)} ${task.title}`,
    dim(
      `    ${task.assignee}, attempt ${attempt}${after}${passed === "" ? "" : `; ${passed}`}`,
      ansi,
    ),
    ...rejectedLines(record),
    ...(status === "done" ? [] : findings.map(({ code, message }) => `    ${code}: ${message}`)),
  ];
};

const overview = async (
  platform: Platform,
  thread: ThreadRecord,
  values: Values,
  ansi: boolean,
): Promise<string> => {
  const totals = await platform.budget.totals(thread.id);
  const spent = {
    inputTokens: totals.inputTokens,
    outputTokens: totals.outputTokens,
    calls: totals.settled.calls,
    costEur: totals.settled.microEur / 1e6,
  };
  const { ledger } = values;
  const plan = current(values).flatMap((record) => taskLines(record, ansi));
  return [
    `${bold(ledger?.title || thread.goal, ansi)}\n${dim(`thread ${thread.id}, ${thread.status}`, ansi)}\n`,
    `\nGoal\n  ${thread.goal}\n`,
    plan.length === 0 ? "" : `\nPlan ${ledger?.revision ?? ""}\n${plan.join("\n")}\n`,
    list(
      "Understood as",
      (ledger?.coverage ?? []).map(({ phrase, meaning }) => `“${phrase}”: ${meaning}`),
    ),
    list("Assumptions", ledger?.assumptions ?? []),
    list("Not covered", ledger?.notCovered ?? []),
    list("Notes on the data", ledger?.dataNotes ?? []),
    list(
      "Reviews",
      (values.reviews ?? []).map(
        ({ of, decision, by, at, message }) =>
          `${of}: ${decision} by ${by}, ${at}${message === undefined ? "" : `: ${message}`}`,
      ),
    ),
    list(
      "Sources",
      (values.sources ?? []).map(({ name, sha256 }) => `${name}  ${dim(sha256, ansi)}`),
    ),
    list(
      "Files",
      (values.artifacts ?? []).map(({ name, sha256 }) => `${name}  ${dim(sha256, ansi)}`),
    ),
    list(
      "Failures",
      (values.failures ?? []).map(({ code, message }) => `${code}: ${message}`),
    ),
    `\nSpent\n  ${spending(spent)}\n`,
  ].join("");
};

/** One task in full: what it was told, what it handed over, the SQL and sources behind each result. */
const taskDetail = async (platform: Platform, record: TaskRecord): Promise<string> => {
  const handOver =
    record.handOver === null
      ? undefined
      : HandOver.parse(
          JSON.parse(
            new TextDecoder().decode(await platform.artifacts.get(record.handOver.sha256)),
          ),
        );
  const results = (handOver?.tables ?? []).flatMap(({ id, title, sql, sources, rowCount }) => [
    `${id}: ${title} (${rowCount} rows)`,
    ...sql.split("\n").map((line) => `  ${line}`),
    ...sources.map(({ table, sha256 }) => `  from ${table}  ${sha256}`),
  ]);
  return [
    `${record.task.id}: ${record.task.title}\n  ${record.task.instructions}\n`,
    list("Summary", handOver === undefined ? [] : [handOver.summary]),
    list("Checks", record.checks),
    list("Lineage", rejectedLines(record)),
    list("Results", results),
    list(
      "Calls",
      (handOver?.evidence ?? []).map(
        ({ tool, callId, ok, result }) =>
          `${tool} ${callId} ${ok ? "ok" : "failed"} ${result ?? ""}`,
      ),
    ),
    list("Notes", handOver?.notes ?? []),
  ].join("");
};

export const addShow = (program: Command, host: CliHost): void => {
  program
    .command("show")
    .description("show a thread: plan, checks, reviews, files, lineage, cost")
    .argument("<thread>", "id, or the beginning of one")
    .option("--task <id>", "one task in full: its results, SQL and sources")
    .option("--out <folder>", "copy the finished files there")
    .option("--force", "write into --out although it is not empty")
    .option("--json", "the whole state as JSON")
    .action(async (id: string, _options: unknown, command: Command) => {
      const flags = Flags.parse(command.optsWithGlobals());
      const platform = await host.open(flags.data);
      const { out, ansi } = host.terminal;
      try {
        const thread = platform.threads.find(id);
        const graph = await platform.graphs.load(thread.graphId);
        const state = await stateOf({ graph, saver: platform.saver, threadId: thread.id });
        const values = state.values as Values;
        const record = flags.task === undefined ? undefined : values.tasks?.[flags.task];
        if (flags.task !== undefined && record === undefined)
          throw new TuttiError("USAGE", `the thread has no task "${flags.task}"`, {
            hint: `it has ${Object.keys(values.tasks ?? {}).join(", ")}`,
          });
        if (flags.json)
          out(`${JSON.stringify({ thread, values, end: endOf(state).status }, null, 2)}\n`);
        else if (record !== undefined) out(await taskDetail(platform, record));
        else out(await overview(platform, thread, values, ansi));
        if (flags.out !== undefined) {
          const folder = resolve(flags.out);
          await checkOut(folder, thread.id, flags.force);
          const files = FileRef.array().catch([]).parse(values.artifacts);
          for (const path of await deliver(platform.artifacts, files, folder)) out(`${path}\n`);
        }
      } finally {
        await platform.close();
      }
    });
};
