// tutti run "goal" --file … --out …: the main job.
import { randomUUID } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { messageOf, TuttiError } from "../../errors.ts";
import { type Budget, parseBudget } from "../../governance/index.ts";
import { checkOut, start } from "../../runs/index.ts";
import { drive } from "../drive.ts";
import { dim, shortId } from "../format.ts";
import type { CliHost, Platform } from "../platform.ts";
import type { Common } from "../platform.ts";
import { takeFiles } from "../take-files.ts";
import { withPlatform } from "../with-platform.ts";

export interface RunRequest extends Common {
  readonly goal: string;
  readonly file?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
  readonly budget?: string;
  readonly review?: string;
  readonly concurrency?: number;
  readonly graph?: string;
}

const reviewPoints = (text: string): string[] => {
  const points = text.split(",").map((word) => word.trim());
  const wrong = points.find((word) => word !== "plan" && word !== "result");
  if (wrong === undefined) return points;
  throw new TuttiError("USAGE", `--review takes plan and result, not "${wrong}"`, {
    hint: "for example --review plan,result",
  });
};

/** Throws USAGE unless the folder, or the nearest one above it that exists, can be written. */
const checkWritable = async (folder: string): Promise<void> => {
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    const parent = dirname(folder);
    if (isAbsent && parent !== folder) return await checkWritable(parent);
    throw new TuttiError(
      "USAGE",
      `the finished files cannot be written there: ${messageOf(error)}`,
      {
        hint: "name another folder with --out",
        cause: error,
      },
    );
  }
};

/** The folder for a thread's files, checked before anything is begun. Throws OUTPUT_EXISTS, USAGE. */
export const checkedOut = async (
  folder: string,
  threadId: string,
  force: boolean,
): Promise<string> => {
  const out = resolve(folder);
  await checkOut(out, threadId, force);
  await checkWritable(out);
  return out;
};

const present = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Value;

const optionsOf = ({ microEur, ...limits }: Budget) =>
  present({ ...limits, eur: microEur === undefined ? undefined : microEur / 1e6 });

/** Starts a thread and follows it. Everything that can be refused is refused before it exists. */
export const runGoal = async (
  host: CliHost,
  platform: Platform,
  request: RunRequest,
): Promise<{ code: number; threadId: string }> => {
  const { goal, json = false, graph = "orchestrator", concurrency, by = host.user } = request;
  if (goal.trim() === "")
    throw new TuttiError("USAGE", "the goal is empty", {
      hint: "say what is to be done, in plain words",
    });
  const id = randomUUID();
  const review = request.review === undefined ? [] : reviewPoints(request.review);
  const limits = request.budget === undefined ? {} : parseBudget(request.budget);
  const out =
    request.out === undefined ? null : await checkedOut(request.out, id, request.force ?? false);
  const loading = platform.graphs.load(graph);
  const [files] = await Promise.all([takeFiles(host, platform, request), loading]);
  const input = { goal, files, options: present({ review, concurrency, ...optionsOf(limits) }) };
  const thread = await platform.threads.create({ id, graphId: graph, goal, out, input });
  if (!json) host.terminal.out(`${dim(`thread ${shortId(id)}`, host.terminal.ansi)}\n`);
  const context = { host, platform, thread, json, by, place: request };
  const code = await drive(context, (execution) => start(execution, input));
  return { code, threadId: id };
};

export const run = (host: CliHost, request: RunRequest): Promise<number> =>
  withPlatform(host, request, async (platform) => (await runGoal(host, platform, request)).code);
