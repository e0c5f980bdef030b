// Takes a thread from wherever it stands to its next end: progress on the way, questions at a pause,
// files at the finish. Every command that runs something goes through here.
import { asTuttiError, type TuttiError } from "../errors.ts";
import type { OrchestratorValues } from "../orchestrator/index.ts";
import type { RunEvent, Usage } from "../protocol/index.ts";
import { answer, type Answers, type Execution, type RunEnd, stateOf } from "../runs/index.ts";
import type { ThreadRecord } from "../storage/index.ts";
import { checklistOf } from "./checklist.ts";
import { conclude } from "./conclude.ts";
import { cleanDeep } from "./display-width.ts";
import { exitCodeOf, isRefusal } from "./exit-code.ts";
import { errorText } from "./format.ts";
import { pendingInput } from "./pending-input.ts";
import type { Platform } from "./platform.ts";
import { createProgress } from "./create-progress.ts";
import type { Progress } from "./progress.ts";
import { promptFor } from "./prompt.ts";
import { layOut } from "./review-folder.ts";
import type { Drive } from "./thread-drive.ts";

/** What is done with the thread once it is locked. */
export type Begin = (execution: Execution, thread: ThreadRecord) => Promise<RunEnd>;

const PAUSING = "pausing … (Ctrl-C again leaves at once; nothing is lost either way)";

const spentOn = async ({ budget }: Platform, threadId: string): Promise<Usage> => {
  const { inputTokens, outputTokens, settled } = await budget.totals(threadId);
  return { inputTokens, outputTokens, calls: settled.calls, costEur: settled.microEur / 1e6 };
};

const isAnswerable = ({ status, questions }: RunEnd): boolean =>
  questions.length > 0 && (status === "waiting" || status === "limit" || status === "failed");

/** One thread being driven: its progress can be stopped for a question and taken up again. */
class Session {
  readonly context: Drive;
  readonly signal: AbortSignal;
  private progress: Progress | undefined;

  constructor(context: Drive, signal: AbortSignal) {
    this.context = context;
    this.signal = signal;
    signal.addEventListener("abort", () => this.progress?.pausing(PAUSING));
  }

  /** Shows a view of the thread as it stands, which events then keep up. */
  async watch(values: Partial<OrchestratorValues>): Promise<void> {
    const { host, platform, thread, json } = this.context;
    const elapsed = this.progress?.elapsed() ?? 0;
    const list = checklistOf(cleanDeep(values), await spentOn(platform, thread.id));
    this.progress = createProgress(host.terminal, platform.clock, list, { json, elapsed });
  }

  show(event: RunEvent): void {
    this.progress?.show(event);
  }

  stop(): void {
    this.progress?.stop();
  }

  elapsed(): number {
    return this.progress?.elapsed() ?? 0;
  }

  spent(): Usage | undefined {
    return this.progress?.spent();
  }
}

const errorColumns = (error: TuttiError | undefined) =>
  error === undefined ? null : { code: error.code, message: error.message };

const record = (
  { platform, thread }: Drive,
  { status, error }: Pick<ThreadRecord, "status"> & Pick<RunEnd, "error">,
): Promise<ThreadRecord> =>
  platform.threads.update(thread.id, { status, error: errorColumns(error) });

/** The answer of the person at the terminal; undefined when they leave the question open. */
const askAtTerminal = async (
  { platform, thread, host, by }: Drive,
  end: RunEnd,
  signal: AbortSignal,
): Promise<Answers | undefined> => {
  const [question] = end.questions;
  if (question === undefined) return undefined;
  const review = await layOut(platform, thread.id, question);
  const given = await promptFor(question, review, { terminal: host.terminal, signal });
  return given === undefined ? undefined : { [question.interruptId]: { ...given, by } };
};

/** Asks until nothing is open, or the person leaves. */
const untilSettled = async (
  session: Session,
  execution: Execution,
  begun: RunEnd,
): Promise<RunEnd> => {
  const { context } = session;
  const { terminal } = context.host;
  let end = begun;
  while (terminal.interactive && !context.json && isAnswerable(end)) {
    session.stop();
    // Whatever becomes of this process while the person thinks, the list says that the thread waits.
    await record(context, end);
    const answers = await askAtTerminal(context, end, session.signal);
    if (answers === undefined || session.signal.aborted) break;
    try {
      await record(context, { status: "running" });
      await session.watch(end.values);
      end = await answer(execution, answers);
    } catch (caught) {
      const error = asTuttiError(caught);
      if (error.code !== "ANSWER_INVALID") throw error;
      session.stop();
      terminal.err(errorText(error, terminal.ansi));
    }
  }
  return end;
};

const followed = async (context: Drive, begin: Begin): Promise<RunEnd> => {
  const { platform, thread, host } = context;
  const session = new Session(context, host.interruption());
  const execution: Execution = {
    graph: await platform.graphs.load(thread.graphId),
    saver: platform.saver,
    threadId: thread.id,
    signal: session.signal,
    onEvent: (event) => session.show(event),
  };
  try {
    await platform.budget.recover(thread.id);
    await record(context, { status: "running" });
    const before = await stateOf(execution);
    await session.watch(before.values as Partial<OrchestratorValues>);
    const end = await untilSettled(session, execution, await begin(execution, thread));
    session.stop();
    const told = await platform.threads.find(thread.id);
    const isPending = pendingInput(told, await stateOf(execution)) !== undefined;
    if (!isPending) await platform.threads.update(thread.id, { input: null });
    await record(context, end);
    await conclude(context, end, { elapsed: session.elapsed(), spent: session.spent() });
    return end;
  } finally {
    session.stop();
  }
};

/**
 * Runs `begin` on the thread under its lock and follows it to its end. Answers the exit code.
 * Throws THREAD_BUSY when another process works on it; a refusal leaves the thread as it was.
 */
export const drive = async (context: Drive, begin: Begin): Promise<number> => {
  const { platform } = context;
  const lock = platform.lock(context.thread.id);
  try {
    return await locked(context, begin);
  } finally {
    lock.release();
  }
};

const locked = async (context: Drive, begin: Begin): Promise<number> => {
  const { platform } = context;
  const thread = await platform.threads.find(context.thread.id);
  try {
    return exitCodeOf(await followed({ ...context, thread }, begin));
  } catch (caught) {
    const error = asTuttiError(caught);
    const { status, input } = thread;
    if (isRefusal(error))
      await platform.threads.update(thread.id, { status, input, error: thread.error });
    else if ((await platform.threads.find(thread.id)).status === "running")
      await record(context, { status: "failed", error });
    throw error;
  }
};
