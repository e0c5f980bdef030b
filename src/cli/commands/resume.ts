// tutti resume THREAD …: answers a question, or goes on with what was stopped.
import { readFile } from "node:fs/promises";
import { messageOf, TuttiError } from "../../errors.ts";
import {
  answer,
  type Execution,
  type OpenQuestion,
  openQuestions,
  proceed,
  type RunEnd,
  start,
  stateOf,
} from "../../runs/index.ts";
import type { ThreadRecord } from "../../storage/index.ts";
import { drive } from "../drive.ts";
import { pendingInput } from "../pending-input.ts";
import type { CliHost } from "../platform.ts";
import type { Common } from "../platform.ts";
import { withPlatform } from "../with-platform.ts";

export interface ResumeRequest extends Common {
  readonly thread: string;
  readonly approve?: boolean;
  readonly reject?: string | true;
  readonly edit?: string;
  readonly respond?: string;
  readonly task?: string;
}

type Decided = (question: OpenQuestion) => Record<string, unknown>;

const editIn = async (path: string): Promise<unknown> => {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new TuttiError("USAGE", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new TuttiError("USAGE", `${path} is not JSON: ${messageOf(error)}`, {
      hint: "the thread still waits; mend the file and try again",
      cause: error,
    });
  }
};

/** A JSON object fills a form; where words are asked for, they are taken as they are. */
const responseTo = ({ payload }: OpenQuestion, text: string): unknown => {
  const isForm = payload?.reviewConfigs[0]?.argsSchema?.["type"] === "object";
  if (!isForm && payload !== undefined) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // no JSON: the check against the form says what is missing
  }
};

/** What the flags decide; undefined when they decide nothing. */
const decisionOf = async (request: ResumeRequest): Promise<Decided | undefined> => {
  const { approve, reject, edit, respond, task } = request;
  const given = [approve, reject, edit, respond].filter((flag) => flag !== undefined);
  if (given.length > 1)
    throw new TuttiError("USAGE", "give one of --approve, --reject, --edit and --respond");
  if (given.length === 0 && task !== undefined)
    throw new TuttiError("USAGE", `--task says which question, but not what the answer is`, {
      hint: "add --approve, --reject, --edit or --respond",
    });
  if (approve === true) return () => ({ type: "approve" });
  if (reject !== undefined)
    return () => ({ type: "reject", message: reject === true ? "" : reject });
  if (respond !== undefined)
    return (question) => ({ type: "respond", value: responseTo(question, respond) });
  if (edit === undefined) return undefined;
  const args = await editIn(edit);
  return () => ({ type: "edit", args });
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
  if (question !== undefined) return question;
  throw open.length === 0
    ? new TuttiError("THREAD_NOT_PAUSED", "the thread asks nothing: there is no open question")
    : new TuttiError("USAGE", `the thread does not ask "${task ?? ""}"`, {
        hint: `it asks ${names.join(", ")}`,
      });
};

const retriable = (open: readonly OpenQuestion[]): Record<string, unknown> =>
  Object.fromEntries(
    open
      .filter(({ payload }) => payload?.kind === "failure")
      .map(({ interruptId }) => [interruptId, { type: "approve" }]),
  );

/** Answers as told; without an answer goes on, and tries again what had failed. */
const begin =
  (request: ResumeRequest, decided: Decided | undefined, by: string) =>
  async (execution: Execution, thread: ThreadRecord): Promise<RunEnd> => {
    const state = await stateOf(execution);
    const open = openQuestions(state);
    if (decided === undefined) {
      const untold = pendingInput(thread, state);
      if (untold !== undefined) return await start(execution, { ...untold });
      const again = retriable(open);
      return await (Object.keys(again).length === 0
        ? proceed(execution)
        : answer(execution, again));
    }
    const question = chosen(open, request.task);
    return await answer(execution, { [question.interruptId]: { ...decided(question), by } });
  };

export const resume = async (host: CliHost, request: ResumeRequest): Promise<number> => {
  const decided = await decisionOf(request);
  return await withPlatform(host, request, async (platform) => {
    const thread = await platform.threads.find(request.thread);
    const { json = false, by = host.user } = request;
    const context = { host, platform, thread, json, by, place: request };
    return await drive(context, begin(request, decided, by));
  });
};
