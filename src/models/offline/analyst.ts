// The analyst's step: the query's SQL, one other attempt when it fails, then the hand-over by resultId.
import {
  SqlResult,
  submitToolFor,
  type MetricQuery,
  type SpecialistBriefing,
} from "../../protocol/index.ts";
import { messageOf } from "../../errors.ts";
import { call, say, SELF, type ModelAnswer } from "./answer.ts";
import { stepsWith, type Conversation } from "./conversation.ts";
import { resultColumns } from "./result-columns.ts";
import { querySql, type Arithmetic } from "./sql/index.ts";

/** Exact sums first; floats when the exact type is too narrow for the values. */
const ATTEMPTS: readonly Arithmetic[] = ["exact", "float"];

const mismatch = (result: SqlResult, expected: readonly string[]): string | undefined => {
  const names = result.columns.map(({ name }) => name);
  if (names.join("\n") !== expected.join("\n"))
    return `the result has the columns ${names.join(", ")}, not ${expected.join(", ")}`;
  return result.truncated ? "the result is longer than the tool returns" : undefined;
};

const submission = (
  briefing: SpecialistBriefing,
  query: MetricQuery,
  result: SqlResult,
): ModelAnswer =>
  call(submitToolFor("tables"), {
    summary: `${briefing.task.title}: computed from table ${query.table} by one SELECT.`,
    tables: [
      {
        id: briefing.task.id,
        title: briefing.task.title,
        resultId: result.resultId,
        columns: resultColumns(query, briefing.tables),
      },
    ],
    notes: result.rowCount === 0 ? ["The result has no rows."] : [],
  });

const ask = (
  query: MetricQuery,
  briefing: SpecialistBriefing,
  arithmetic: Arithmetic,
): ModelAnswer => {
  try {
    return call("sql", { query: querySql(query, briefing.tables, arithmetic) });
  } catch (error) {
    return say(`${SELF} The task cannot be done: ${messageOf(error)}.`);
  }
};

export const analystStep = (
  briefing: SpecialistBriefing,
  conversation: Conversation,
): ModelAnswer => {
  const { query } = briefing.task;
  if (query === undefined)
    return say(`${SELF} It computes only tasks that say as a query what is wanted.`);
  if (!conversation.tools.has("sql")) return say(`${SELF} The tool sql is needed and not there.`);
  const tried = stepsWith(conversation, "sql");
  const last = tried.at(-1);
  if (last !== undefined && last.failure === undefined) {
    const result = SqlResult.safeParse(last.answer);
    const expected = resultColumns(query, briefing.tables).map(({ name }) => name);
    const problem = result.success
      ? mismatch(result.data, expected)
      : "the answer of sql has another form";
    return result.success && problem === undefined
      ? submission(briefing, query, result.data)
      : say(`${SELF} The task failed: ${problem ?? ""}.`);
  }
  const next = ATTEMPTS[tried.length];
  return next === undefined
    ? say(`${SELF} The task failed: ${last?.failure?.message ?? "sql gave no answer"}`)
    : ask(query, briefing, next);
};
