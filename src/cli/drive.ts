// Takes a thread from wherever it stands to its next end: progress on the way, questions at a pause,
// files at the finish. Every command that runs something goes through here.
import { asTuttiError, TuttiError } from "../errors.ts";
import { FileRef, type RunEvent } from "../protocol/index.ts";
import {
  answer,
  type Answers,
  deliver,
  type Execution,
  type OpenQuestion,
  type RunEnd,
} from "../runs/index.ts";
import type { ThreadRecord } from "../storage/index.ts";
import { exitCodeOf } from "./exit-code.ts";
import { errorText } from "./format.ts";
import type { CliHost, Platform, Terminal } from "./platform.ts";
import { createProgress, type Progress } from "./progress.ts";
import { promptFor } from "./prompt.ts";

export interface Drive {
  readonly host: CliHost;
  readonly platform: Platform;
  readonly thread: ThreadRecord;
  readonly json: boolean;
  /** Name under which answers given at the prompt are recorded. */
  readonly by: string;
}

const say = ({ host, json }: Drive, text: string): void => {
  if (!json) host.terminal.out(text);
};

const executionOf = async (
  { platform, thread, host }: Drive,
  onEvent: (event: RunEvent) => void,
): Promise<Execution> => ({
  graph: await platform.graphs.load(thread.graphId),
  saver: platform.saver,
  threadId: thread.id,
  signal: host.interrupted,
  onEvent,
});

/** The command that answers a question, as it is to be typed. */
const resumeCommand = (
  thread: ThreadRecord,
  { payload }: OpenQuestion,
  several: boolean,
): string => {
  const allowed = payload?.reviewConfigs[0]?.allowedDecisions ?? ["respond"];
  const flags: Readonly<Record<string, string>> = {
    approve: "--approve",
    edit: "--edit decision.json",
    reject: '--reject "why"',
    respond: payload?.kind === "limit" ? '--respond "5eur"' : '--respond "text"',
  };
  const which = several && payload !== undefined ? ` --task ${payload.questionId}` : "";
  return `npx tutti resume ${thread.id.slice(0, 8)} ${allowed.map((one) => flags[one]).join(" | ")}${which}`;
};

const describeQuestions = (thread: ThreadRecord, end: RunEnd): string =>
  end.questions
    .map((question) => {
      const text =
        question.payload?.actionRequests[0]?.description ?? JSON.stringify(question.value, null, 2);
      const title = question.payload?.questionId ?? question.interruptId;
      const command = resumeCommand(thread, question, end.questions.length > 1);
      return `\n${title}?\n\n${text}\n\nAnswer with:\n  ${command}\n`;
    })
    .join("");

/** Answers of the person at the terminal, until none is left or they leave. */
const askAtTerminal = async (drive: Drive, end: RunEnd): Promise<Answers | undefined> => {
  const [question] = end.questions;
  if (question === undefined) return undefined;
  const given = await promptFor(question, drive.platform.data);
  return given === undefined ? undefined : { [question.interruptId]: { ...given, by: drive.by } };
};

const isAnswerable = ({ status }: RunEnd): boolean =>
  status === "waiting" || status === "limit" || status === "failed";

const untilSettled = async (
  drive: Drive,
  execution: Execution,
  first: RunEnd,
  progress: Progress,
): Promise<RunEnd> => {
  let end = first;
  while (drive.host.terminal.interactive && !drive.json && isAnswerable(end)) {
    if (end.questions.length === 0) break;
    progress.stop();
    const answers = await askAtTerminal(drive, end);
    if (answers === undefined) break;
    try {
      end = await answer(execution, answers);
    } catch (caught) {
      const error = asTuttiError(caught);
      if (error.code !== "ANSWER_INVALID") throw error;
      drive.host.terminal.err(errorText(error, drive.host.terminal.ansi));
    }
  }
  return end;
};

const record = ({ platform, thread }: Drive, end: RunEnd): void => {
  const { error } = end;
  platform.threads.update(thread.id, {
    status: end.status,
    error: error === undefined ? null : { code: error.code, message: error.message },
  });
};

const filesOf = (end: RunEnd): FileRef[] =>
  FileRef.array().catch([]).parse(end.values["artifacts"]);

const finish = async (drive: Drive, end: RunEnd): Promise<void> => {
  const { thread, platform } = drive;
  const files = filesOf(end);
  const out = thread.out;
  if (out === null) {
    say(drive, `finished: ${files.map(({ name }) => name).join(", ")}\n`);
    say(drive, `take the files with: npx tutti show ${thread.id.slice(0, 8)} --out FOLDER\n`);
    return;
  }
  const paths = await deliver(platform.artifacts, files, out);
  say(drive, `finished:\n${paths.map((path) => `  ${path}\n`).join("")}`);
};

/** Says how it ended and, where something is left to do, what. */
const conclude = async (drive: Drive, end: RunEnd): Promise<void> => {
  const { host, thread } = drive;
  const short = thread.id.slice(0, 8);
  const { terminal } = host;
  if (end.status === "finished") await finish(drive, end);
  else if (end.questions.length > 0) {
    if (end.error !== undefined) terminal.err(errorText(end.error, terminal.ansi));
    say(drive, describeQuestions(thread, end));
  } else if (end.status === "paused")
    say(drive, `paused; nothing is lost. Go on with:\n  npx tutti resume ${short}\n`);
  else if (end.error !== undefined) terminal.err(errorText(end.error, terminal.ansi));
};

const finalLine = (terminal: Terminal, thread: ThreadRecord, end: RunEnd): void =>
  terminal.out(
    `${JSON.stringify({
      type: "run-end",
      thread: thread.id,
      status: end.status,
      questions: end.questions.map(({ interruptId, value }) => ({ id: interruptId, value })),
      files: filesOf(end),
      ...(end.error === undefined
        ? {}
        : { error: { code: end.error.code, message: end.error.message, hint: end.error.hint } }),
    })}\n`,
  );

/**
 * Runs `begin` on the thread under its lock and follows it to its end. Answers the exit code.
 * Throws THREAD_BUSY when another process works on it.
 */
export const drive = async (
  context: Drive,
  begin: (execution: Execution) => Promise<RunEnd>,
): Promise<number> => {
  const { platform, thread, host } = context;
  const lock = platform.lock(thread.id);
  const progress = createProgress(host.terminal, platform.clock, context.json);
  try {
    await platform.budget.recover(thread.id);
    platform.threads.update(thread.id, { status: "running", error: null });
    const execution = await executionOf(context, (event) => progress.show(event));
    const begun = await begin(execution);
    const end = await untilSettled(context, execution, begun, progress);
    progress.stop();
    record(context, end);
    await conclude(context, end);
    if (context.json) finalLine(host.terminal, thread, end);
    return exitCodeOf(end);
  } catch (caught) {
    progress.stop();
    const error = asTuttiError(caught);
    // A refused answer or a changed graph leaves the thread as it was.
    if (!(caught instanceof TuttiError))
      platform.threads.update(thread.id, {
        status: "failed",
        error: { code: error.code, message: error.message },
      });
    else platform.threads.update(thread.id, { status: thread.status, error: thread.error });
    throw error;
  } finally {
    lock.release();
  }
};
