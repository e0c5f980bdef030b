// One attempt at one task, by its assignee, on a thread of its own.
import { isGraphBubbleUp, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { asTuttiError, TuttiError } from "../../errors.ts";
import { readInterrupt } from "../../governance/index.ts";
import type { Assignee, TaskContext } from "../../ports/index.ts";
import { type HandOver, Question } from "../../protocol/index.ts";
import { type ChildEnd, runChild } from "../child-thread.ts";
import { failureQuestion, isLimit, isResumable, limitQuestion } from "../questions.ts";
import { profilesOf, saveHandOver, taskContext, type WorkOrder } from "../run-context.ts";
import type { OrchestratorServices, ServicesSource } from "../services.ts";
import type { Patch, TaskRecord } from "../state.ts";

const patchOf = (id: string, patch: Partial<TaskRecord>): Patch => ({ tasks: { [id]: patch } });

const failedHandOver = (error: TuttiError): HandOver => ({
  status: "failed",
  summary: `${error.code}: ${error.message}`,
  tables: [],
  passages: [],
  files: [],
  notes: error.hint === undefined ? [] : [error.hint],
  evidence: [],
});

/** Runs the assignee's graph, or lets it go on where it stood. */
const attempt = async (
  assignee: Assignee,
  order: WorkOrder,
  context: TaskContext,
  services: OrchestratorServices,
  parent: LangGraphRunnableConfig,
): Promise<ChildEnd> => {
  const tables = await profilesOf(services, order.sources, context.signal);
  const { interruptId, answer, findings } = order.record;
  return await runChild({
    graph: await assignee.graph(context),
    thread: context.thread,
    input: assignee.input(context, { tables, findings }),
    parent,
    ...(interruptId !== null && answer !== null ? { answer: { interruptId, value: answer } } : {}),
  });
};

const waiting = (question: Question, interruptId: string | null): Partial<TaskRecord> => ({
  status: "waiting",
  question,
  interruptId,
  answer: null,
});

const submitted = async (
  services: OrchestratorServices,
  handOver: HandOver,
  checkpoint: string | null,
): Promise<Partial<TaskRecord>> => ({
  status: "checking",
  handOver: await saveHandOver(services.artifacts, handOver),
  checkpoint,
  question: null,
  interruptId: null,
  answer: null,
});

/** The question of a guard, which asks for itself and not as a specialist does. */
const approvalIn = (value: unknown): Question | undefined => {
  const payload = readInterrupt(value);
  const [action] = payload?.actionRequests ?? [];
  const [config] = payload?.reviewConfigs ?? [];
  if (payload === undefined || action === undefined || config === undefined) return undefined;
  const { description, args } = action;
  const schema = config.argsSchema;
  const question = { id: payload.questionId, kind: payload.kind, description, args };
  const allowed = { allowed: config.allowedDecisions, ...(schema === undefined ? {} : { schema }) };
  return Question.safeParse({ ...question, ...allowed }).data;
};

/** A specialist's question, as the run asks it: addressed by the task. */
const askedBy = (taskId: string, value: unknown): Question => {
  const approval = approvalIn(value);
  if (approval !== undefined) return { ...approval, id: taskId, taskId };
  const parsed = Question.safeParse(value);
  return parsed.success
    ? { ...parsed.data, id: taskId, taskId }
    : {
        id: taskId,
        kind: "task",
        taskId,
        description: typeof value === "string" ? value : JSON.stringify(value, null, 2),
        args: {},
        allowed: ["approve", "reject", "respond"],
      };
};

const onError = async (
  services: OrchestratorServices,
  taskId: string,
  caught: unknown,
): Promise<Partial<TaskRecord>> => {
  const error = asTuttiError(caught);
  if (error.code === "CANCELLED" || error.code === "INTERNAL") throw caught;
  // Other tasks go on; the pause comes when nothing else is left to do.
  if (isLimit(error)) return waiting(limitQuestion(error), null);
  if (isResumable(error)) return waiting(failureQuestion(`failure-${taskId}`, error, taskId), null);
  return submitted(services, failedHandOver(error), null);
};

export const work =
  (source: ServicesSource) =>
  async (order: WorkOrder, config: LangGraphRunnableConfig): Promise<Patch> => {
    const services = await source();
    const { task } = order.record;
    const context = await taskContext(order, services.artifacts, config);
    const status = (patch: Partial<TaskRecord>): Patch => {
      const note = patch.question?.description.split("\n")[0];
      context.emit({
        type: "task-status",
        taskId: task.id,
        title: task.title,
        status: patch.status ?? "working",
        attempt: order.record.attempt,
        ...(note === undefined ? {} : { note }),
      });
      return patchOf(task.id, patch);
    };
    try {
      const assignee = services.assignees[task.assignee];
      if (assignee === undefined)
        throw new TuttiError("PLAN_INVALID", `nobody here is called "${task.assignee}"`);
      const end = await attempt(assignee, order, context, services, config);
      if (end.kind === "question")
        return status(waiting(askedBy(task.id, end.value), end.interruptId));
      const handOver = await assignee.handOver(end.values, context);
      return status(await submitted(services, handOver, end.checkpoint));
    } catch (error) {
      if (isGraphBubbleUp(error) || config.signal?.aborted === true) throw error;
      return status(await onError(services, task.id, error));
    }
  };
