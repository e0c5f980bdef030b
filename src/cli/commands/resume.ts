// tutti resume THREAD …: answers a question, or goes on with what was stopped.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { messageOf, TuttiError } from "../../errors.ts";
import {
  answer,
  type Execution,
  type OpenQuestion,
  openQuestions,
  proceed,
  type RunEnd,
  stateOf,
} from "../../runs/index.ts";
import { drive } from "../drive.ts";
import type { CliHost } from "../platform.ts";

const Flags = z.object({
  data: z.string(),
  by: z.string(),
  json: z.boolean().default(false),
  approve: z.boolean().optional(),
  reject: z.union([z.string(), z.literal(true)]).optional(),
  edit: z.string().optional(),
  respond: z.string().optional(),
  task: z.string().optional(),
});
type Flags = z.infer<typeof Flags>;

/** What the flags decide; undefined when they decide nothing. */
const decisionOf = async (flags: Flags): Promise<Record<string, unknown> | undefined> => {
  const { approve, reject, edit, respond } = flags;
  const given = [approve, reject, edit, respond].filter((flag) => flag !== undefined);
  if (given.length > 1)
    throw new TuttiError("USAGE", "give one of --approve, --reject, --edit and --respond");
  if (approve === true) return { type: "approve" };
  if (reject !== undefined) return { type: "reject", message: reject === true ? "" : reject };
  if (respond !== undefined) return { type: "respond", value: parsed(respond) };
  if (edit === undefined) return undefined;
  const text = await readFile(edit, "utf8").catch((error: unknown) => {
    throw new TuttiError("USAGE", `${edit} cannot be read: ${messageOf(error)}`);
  });
  try {
    return { type: "edit", args: JSON.parse(text) as unknown };
  } catch (error) {
    throw new TuttiError("USAGE", `${edit} is not JSON: ${messageOf(error)}`);
  }
};

/** A response that is a JSON object fills a form; anything else is text. */
const parsed = (text: string): unknown => {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // a text that begins with a brace
  }
};

const named = ({ payload, interruptId }: OpenQuestion): string =>
  payload?.questionId ?? interruptId;

/** The question meant: the only one, or the one --task names. */
const chosen = (open: readonly OpenQuestion[], task: string | undefined): OpenQuestion => {
  const names = open.map(named);
  if (task === undefined && open.length > 1)
    throw new TuttiError("USAGE", `the thread asks ${open.length} questions: ${names.join(", ")}`, {
      hint: "say which with --task",
    });
  const question = task === undefined ? open[0] : open.find((one) => named(one) === task);
  if (question === undefined)
    throw open.length === 0
      ? new TuttiError("THREAD_NOT_PAUSED", "the thread asks nothing: there is no open question")
      : new TuttiError("USAGE", `the thread does not ask "${task ?? ""}"`, {
          hint: `it asks ${names.join(", ")}`,
        });
  return question;
};

const retriable = (open: readonly OpenQuestion[]): Record<string, unknown> =>
  Object.fromEntries(
    open
      .filter(({ payload }) => payload?.kind === "failure")
      .map(({ interruptId }) => [interruptId, { type: "approve" }]),
  );

/** Answers as told; without an answer goes on, and tries again what had failed. */
const begin =
  (flags: Flags, decision: Record<string, unknown> | undefined) =>
  async (execution: Execution): Promise<RunEnd> => {
    const open = openQuestions(await stateOf(execution));
    if (decision === undefined) {
      const again = retriable(open);
      return Object.keys(again).length === 0 ? proceed(execution) : answer(execution, again);
    }
    const question = chosen(open, flags.task);
    return answer(execution, { [question.interruptId]: { ...decision, by: flags.by } });
  };

export const addResume = (program: Command, host: CliHost, end: (code: number) => void): void => {
  program
    .command("resume")
    .description("answer a thread's question, or go on with one that was stopped")
    .argument("<thread>", "id, or the beginning of one")
    .option("--approve", "yes")
    .option("--reject [why]", "no; with words a plan or result is made anew")
    .option("--edit <file>", "JSON file with what is approved instead")
    .option("--respond <text>", "answer in words, or a JSON object that fills the form")
    .option("--task <id>", "which question, when there are several")
    .option("--json", "one JSON event a line")
    .action(async (id: string, _options: unknown, command: Command) => {
      const flags = Flags.parse(command.optsWithGlobals());
      const decision = await decisionOf(flags);
      const platform = await host.open(flags.data);
      try {
        const thread = platform.threads.find(id);
        const context = { host, platform, thread, json: flags.json, by: flags.by };
        end(await drive(context, begin(flags, decision)));
      } finally {
        await platform.close();
      }
    });
};
