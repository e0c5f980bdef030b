// tutti show THREAD: plan with statuses, checks, reviews, files, lineage, what it cost.
import { TuttiError } from "../../errors.ts";
import { deliver, endOf, type RunEnd, stateOf } from "../../runs/index.ts";
import type { ThreadRecord } from "../../storage/index.ts";
import { filesOf } from "../conclude.ts";
import { cleanDeep } from "../display-width.ts";
import { EXIT } from "../exit-code.ts";
import { shortPath } from "../format.ts";
import { overview, taskDetail, type Values } from "../overview.ts";
import type { CliHost, Platform } from "../platform.ts";
import type { Common } from "../platform.ts";
import { describeQuestion, type Layout, layoutOf } from "../question-text.ts";
import { layOut } from "../review-folder.ts";
import { withPlatform } from "../with-platform.ts";
import { checkedOut } from "./run.ts";

export interface ShowRequest extends Common {
  readonly thread: string;
  readonly task?: string;
  readonly out?: string;
  readonly force?: boolean;
}

const standing = (thread: ThreadRecord, end: RunEnd, isLocked: boolean): string => {
  if (isLocked) return "running";
  return thread.status === "running" || end.status === "paused" ? "stopped" : end.status;
};

const questionsOf = async (
  platform: Platform,
  thread: ThreadRecord,
  { questions }: RunEnd,
  request: ShowRequest,
  layout: Layout,
): Promise<string> => {
  const isOneOfSeveral = questions.length > 1;
  const address = { threadId: thread.id, place: request };
  const texts = questions.map(async (question) =>
    describeQuestion(address, question, await layOut(platform, thread.id, question), {
      ...layout,
      isOneOfSeveral,
    }),
  );
  return (await Promise.all(texts)).join("");
};

/** Copies the finished files, without a word where JSON is wanted. */
const copyOut = async (
  platform: Platform,
  thread: ThreadRecord,
  end: RunEnd,
  { out, force = false }: ShowRequest,
): Promise<string[]> => {
  if (out === undefined) return [];
  const files = filesOf(end);
  if (files.length === 0)
    throw new TuttiError("USAGE", "the thread has no finished files yet", {
      hint: "see how it stands without --out",
    });
  return await deliver(platform.artifacts, files, await checkedOut(out, thread.id, force));
};

export const show = (host: CliHost, request: ShowRequest): Promise<number> =>
  withPlatform(host, request, async (platform) => {
    const { out, ansi } = host.terminal;
    const thread = await platform.threads.find(request.thread);
    const graph = await platform.graphs.load(thread.graphId);
    const state = await stateOf({ graph, saver: platform.saver, threadId: thread.id });
    const end = endOf(state);
    const values = cleanDeep(state.values as Values);
    const isLocked = await platform.isLocked(thread.id);
    const record = request.task === undefined ? undefined : values.tasks?.[request.task];
    if (request.task !== undefined && record === undefined)
      throw new TuttiError("USAGE", `the thread has no task "${request.task}"`, {
        hint: `it has ${Object.keys(values.tasks ?? {}).join(", ") || "none yet"}`,
      });
    const copied = await copyOut(platform, thread, end, request);
    const status = standing(thread, end, isLocked);
    if (request.json === true) {
      out(`${JSON.stringify({ thread, status, values: record ?? state.values })}\n`);
      return EXIT.finished;
    }
    if (record !== undefined) out(await taskDetail(platform, record));
    else {
      out(
        await overview(platform, { ...thread, goal: cleanDeep(thread.goal) }, status, values, ansi),
      );
      if (!isLocked)
        out(await questionsOf(platform, thread, end, request, layoutOf(host.terminal)));
    }
    if (copied.length > 0) out(`\n${copied.map((path) => `${shortPath(path)}\n`).join("")}`);
    return EXIT.finished;
  });
