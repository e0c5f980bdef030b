// What a subscriber of protocol v2 is told of a thread: its latest runs from their start, then all that come.
// Numbers and ids are made from the runs' own records, so that every process gives the same ones.
import { TuttiError } from "../../errors.ts";
import type { LoggedEvent, RunRow, Scope } from "../../storage/index.ts";
import type { Platform } from "../platform.ts";
import type { ProtocolFrame } from "./frame.ts";
import { type Draft, RunTranslator } from "./run-translator.ts";

/** Earlier runs stand in the thread's state; a client that was away for longer reads that. */
const REPLAYED_RUNS = 5;
/** Fences grow over all runs of all threads; each leaves room for so many events. */
const EVENTS_A_RUN = 2 ** 22;

const isGone = (error: unknown): boolean =>
  error instanceof TuttiError &&
  (error.code === "RUN_NOT_FOUND" || error.code === "THREAD_NOT_FOUND");

const rowOf = async (
  { records }: Platform,
  scope: Scope,
  threadId: string,
  runId: string,
): Promise<RunRow | undefined> => {
  try {
    return await records.runs.get(scope, threadId, runId);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

const latestRuns = async ({ records }: Platform, scope: Scope, threadId: string) => {
  try {
    return await records.runs.list(scope, threadId, { limit: REPLAYED_RUNS, offset: 0 });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
};

/** Numbers the events of one run after those of the runs before it. */
class Numbering {
  private count = 0;
  private last = 0;

  next(run: RunRow, draft: Draft): ProtocolFrame {
    this.count += 1;
    this.last = Math.max(this.last + 1, run.token * EVENTS_A_RUN + this.count);
    const isRoot = draft.method === "lifecycle" && draft.namespace.length === 0;
    // Clients learn from this form of id which run a thread is busy with.
    const eventId = `${isRoot ? "synth:" : ""}${run.id}:${this.count}`;
    return { ...draft, seq: this.last, eventId };
  }

  newRun(): void {
    this.count = 0;
  }
}

interface Current {
  run: RunRow;
  readonly translator: RunTranslator;
}

export async function* threadFrames(
  platform: Platform,
  scope: Scope,
  threadId: string,
  signal: AbortSignal,
): AsyncGenerator<ProtocolFrame> {
  const oldest = (await latestRuns(platform, scope, threadId)).at(-1);
  const events: AsyncIterable<LoggedEvent & { runId: string }> = platform.runs.threadStream(
    scope,
    threadId,
    { after: oldest === undefined ? undefined : `${oldest.id}:0`, signal },
  );
  const numbering = new Numbering();
  let current: Current | undefined;
  for await (const event of events) {
    if (current?.run.id !== event.runId) {
      const run = await rowOf(platform, scope, threadId, event.runId);
      if (run === undefined) continue;
      current = { run, translator: new RunTranslator(run) };
      numbering.newRun();
      for (const draft of current.translator.start()) yield numbering.next(run, draft);
    } else if (event.event === "metadata") {
      // Another attempt: it has another fence.
      current.run = (await rowOf(platform, scope, threadId, event.runId)) ?? current.run;
    }
    if (event.event === "end") {
      const ended = await rowOf(platform, scope, threadId, event.runId);
      for (const draft of current.translator.end(ended)) yield numbering.next(current.run, draft);
    } else
      for (const draft of current.translator.translate(event))
        yield numbering.next(current.run, draft);
  }
}
