// From the messages of a finished agent to the hand-over of its task. Nothing is taken on its word:
// tables, passages and files are those that its own calls returned.
import { createHash } from "node:crypto";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { ArtifactStore, TaskContext } from "../ports/index.ts";
import {
  type CallRecord,
  HandOver,
  type ResultTable,
  type StoredResult,
  submitToolFor,
} from "../protocol/index.ts";
import { foundPassages, loadResult, madeFiles, sourcesRead } from "./references.ts";
import {
  acceptedSubmission,
  type AnySubmission,
  type Assignment,
  problemsOf,
  rejectedSubmissions,
  type Submission,
} from "./submission.ts";
import { type LoopBounds, MAX_REFUSALS } from "./submission-middleware.ts";
import { type Call, countModelCalls, readCalls } from "./transcript.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const recordOf = ({ tool, callId, args, answer, ok }: Call): CallRecord => ({
  tool,
  callId,
  args,
  ...(answer === undefined ? {} : { result: sha256(answer) }),
  ok,
});

/** The task's query belongs to the table that answers it: the only one, or the one named after the task. */
const answersQuery = (id: string, tables: number, { task }: TaskContext): boolean =>
  task.query !== undefined && (tables === 1 || id === task.id);

const tableOf = (
  submitted: Submission<"tables">["tables"][number],
  stored: StoredResult,
): ResultTable => ({
  id: submitted.id,
  title: submitted.title,
  columns: stored.columns.flatMap(({ name, type }) => {
    const described = submitted.columns.find((column) => column.name === name);
    return described === undefined ? [] : [{ ...described, type }];
  }),
  rows: stored.rows,
  rowCount: stored.rows.length,
  truncated: stored.truncated,
  sql: stored.sql,
  sources: sourcesRead(stored),
});

const tablesOf = async (
  { tables }: Submission<"tables">,
  context: TaskContext,
  store: ArtifactStore,
): Promise<ResultTable[]> => {
  const loaded: ResultTable[] = [];
  for (const submitted of tables) {
    const table = tableOf(submitted, await loadResult(store, submitted.resultId));
    loaded.push(
      answersQuery(table.id, tables.length, context)
        ? { ...table, query: context.task.query }
        : table,
    );
  }
  return loaded;
};

/** Values of a map for some keys; unknown ones were refused before. */
const pick = <T>(from: ReadonlyMap<string, T>, keys: readonly string[]): T[] =>
  [...new Set(keys)].flatMap((key) => from.get(key) ?? []);

const outputOf = async (
  { kind, value }: AnySubmission,
  { context }: Assignment,
  calls: readonly Call[],
  store: ArtifactStore,
): Promise<Partial<HandOver>> => {
  if (kind === "tables") return { tables: await tablesOf(value, context, store) };
  if (kind === "narrative") return { narrative: value.narrative };
  if (kind === "passages") return { passages: pick(foundPassages(calls), value.passageIds) };
  if (kind === "files") return { files: pick(madeFiles(calls), value.files) };
  return { data: value.data };
};

const lastText = (messages: readonly BaseMessage[]): string => {
  const text = messages.findLast((message) => AIMessage.isInstance(message))?.text.trim() ?? "";
  return text.length > 500 ? `${text.slice(0, 500)} …` : text;
};

/** Why there is no submission. */
const reasonOf = (
  messages: readonly BaseMessage[],
  calls: readonly Call[],
  { kind, modelCalls }: LoopBounds,
): string => {
  const refused = rejectedSubmissions(kind, calls);
  if (refused.length >= MAX_REFUSALS)
    return `MODEL_OUTPUT: the submission was invalid, also after one repair: ${refused.at(-1)?.answer ?? ""}`;
  if (countModelCalls(messages) >= modelCalls)
    return `LIMIT_REACHED: ${modelCalls} model calls were made without a valid ${submitToolFor(kind)}; max_iterations of the agent allows no more`;
  const text = lastText(messages);
  return `MODEL_OUTPUT: the agent ended without ${submitToolFor(kind)}${text === "" ? "" : `, saying: ${text}`}`;
};

/**
 * The hand-over of a finished agent. Without an accepted submission its status is `failed` and its
 * summary says why. Throws ARTIFACT_MISSING when a stored result is gone.
 */
export const handOverOf = async (
  messages: readonly BaseMessage[],
  assignment: Assignment,
  bounds: LoopBounds,
  store: ArtifactStore,
): Promise<HandOver> => {
  const calls = readCalls(messages);
  const work = calls.filter(({ tool }) => tool !== submitToolFor(bounds.kind));
  const evidence = work.map(recordOf);
  const failed = (summary: string) => HandOver.parse({ status: "failed", summary, evidence });
  const accepted = acceptedSubmission(bounds.kind, calls);
  if (accepted === undefined) return failed(reasonOf(messages, calls, bounds));
  const problems = problemsOf(accepted, assignment, calls);
  if (problems.length > 0) return failed(`MODEL_OUTPUT: ${problems.join("; ")}`);
  const { summary, notes } = accepted.value;
  const output = await outputOf(accepted, assignment, calls, store);
  return HandOver.parse({ status: "done", summary, notes, evidence, ...output });
};
