// Puts one open question to a person. Several questions are several `ask` branches at once; when one is
// answered, the others step aside, so that the answered task goes on, and are asked again afterwards.
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { ask as askPerson } from "../../governance/index.ts";
import type { Answer, Question } from "../../protocol/index.ts";
import { applyGrant, grantProblem } from "../grant.ts";
import { reviewOf } from "../review.ts";
import { threadOf } from "../run-context.ts";
import type { ServicesSource } from "../services.ts";
import type { Patch, State, TaskRecord } from "../state.ts";

const answeredNow = (config: LangGraphRunnableConfig): string[] =>
  Object.keys((config.configurable?.["__pregel_resume_map"] ?? {}) as Record<string, unknown>);

/**
 * True when the host has come back with answers and none is for this branch. LangGraph would hold the
 * whole step until every branch is answered; stepping aside lets the answered tasks go on.
 */
const stepsAside = (state: State, config: LangGraphRunnableConfig): boolean => {
  const scratchpad = config.configurable?.["__pregel_scratchpad"] as { resume?: unknown[] };
  const isAnswered = (scratchpad?.resume ?? []).length > 0;
  return !isAnswered && answeredNow(config).some((id) => !state.answered.includes(id));
};

const affected = (state: State, questionId: string): TaskRecord[] =>
  Object.values(state.tasks).filter(
    ({ status, question }) => status === "waiting" && question?.id === questionId,
  );

const goOn = (question: Question, answer: Answer, records: readonly TaskRecord[]): Patch => {
  const isSpecialists = question.kind === "task";
  const patches = records.map((record): [string, Partial<TaskRecord>] => [
    record.task.id,
    // A specialist gets the answer itself; after a limit or a failure the task just goes on.
    isSpecialists
      ? { answer }
      : { status: "pending", question: null, interruptId: null, answer: null },
  ]);
  return { tasks: Object.fromEntries(patches) };
};

const refused = (question: Question): Patch => {
  const message = question.description.split("\n")[0] ?? question.id;
  const code = question.kind === "limit" ? "LIMIT_REACHED" : String(question.args["code"]);
  return {
    outcome: { status: "failed", code, message: `given up: ${message}` },
    failures: [
      {
        code,
        message,
        ...(question.taskId === undefined ? {} : { taskId: question.taskId }),
      },
    ],
  };
};

export const ask =
  (source: ServicesSource) =>
  async (
    { asked, ...state }: State & { asked: string },
    config: LangGraphRunnableConfig,
  ): Promise<Patch> => {
    const services = await source();
    const records = affected(state, asked);
    const question = records[0]?.question;
    if (question === null || question === undefined) return {};
    if (stepsAside(state, config)) return {};
    const isLimit = question.kind === "limit";
    const problem = (given: Answer) => (isLimit ? grantProblem(question, given) : undefined);
    const answer = askPerson(question, problem);
    const heard = {
      reviews: [reviewOf(question.id, answer, services.clock)],
      answered: answeredNow(config),
    };
    if (question.kind !== "task" && answer.type === "reject")
      return { ...heard, ...refused(question) };
    if (isLimit) await applyGrant(services.budget, threadOf(config), question, answer);
    return { ...heard, ...goOn(question, answer, records) };
  };
