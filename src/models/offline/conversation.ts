// What the model is told: the briefing of the last human message that has one, the tools that are
// bound, and the calls made and answered since.
import { AIMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import {
  readBriefing,
  readToday,
  ToolFailure,
  type PlannerBriefing,
  type SpecialistBriefing,
} from "../../protocol/index.ts";
import { messageOf, TuttiError } from "../../errors.ts";

/** A tool call since the briefing or the question, with its answer. */
export interface Step {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The answer as JSON, or as text when it is none; undefined while there is no answer. */
  readonly answer: unknown;
  readonly failure: ToolFailure["error"] | undefined;
}

export interface Conversation {
  readonly briefing: PlannerBriefing | SpecialistBriefing | undefined;
  /** What a person has said last, where nobody gave a briefing. */
  readonly question?: { readonly text: string; readonly today: string | undefined };
  readonly steps: readonly Step[];
  readonly tools: ReadonlySet<string>;
  /** Number of answers this model has given in the whole conversation. */
  readonly turn: number;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Tools may answer in plain text; only other faults are passed on.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
};

const stepsOf = (messages: readonly BaseMessage[]): Step[] => {
  const answers = new Map<string, ToolMessage>();
  for (const message of messages) {
    if (ToolMessage.isInstance(message)) answers.set(message.tool_call_id, message);
  }
  const calls = messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
  );
  return calls.map(({ id, name, args }) => {
    const message = answers.get(id ?? "");
    const answer = message === undefined ? undefined : parsed(message.text);
    const failure = ToolFailure.safeParse(answer);
    const failed = failure.success
      ? failure.data.error
      : message?.status === "error"
        ? { code: "TOOL_FAILED", message: message.text }
        : undefined;
    return { tool: name, args, answer, failure: failed };
  });
};

const briefingOf = (message: BaseMessage): Conversation["briefing"] => {
  if (message.type !== "human") return undefined;
  try {
    return readBriefing(message.text);
  } catch (error) {
    throw new TuttiError("MODEL_OUTPUT", `The briefing could not be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

/** Throws MODEL_OUTPUT on a malformed briefing. */
export const conversationOf = (
  messages: readonly BaseMessage[],
  tools: readonly string[],
): Conversation => {
  const turn = messages.filter((message) => AIMessage.isInstance(message)).length;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    const briefing = message === undefined ? undefined : briefingOf(message);
    if (briefing !== undefined)
      return { briefing, steps: stepsOf(messages.slice(at + 1)), tools: new Set(tools), turn };
  }
  return { briefing: undefined, ...talkOf(messages), tools: new Set(tools), turn };
};

/** A conversation without a briefing: what was asked last, and the steps since. */
const talkOf = (messages: readonly BaseMessage[]): Pick<Conversation, "question" | "steps"> => {
  const at = messages.findLastIndex(({ type }) => type === "human");
  const asked = messages[at];
  if (asked === undefined) return { steps: [] };
  const system = messages.find(({ type }) => type === "system");
  return {
    question: { text: asked.text, today: readToday(system?.text ?? "") },
    steps: stepsOf(messages.slice(at + 1)),
  };
};

/** The last answered call of a tool. */
export const lastStep = ({ steps }: Conversation, tool: string): Step | undefined =>
  steps.findLast((step) => step.tool === tool);

export const stepsWith = ({ steps }: Conversation, tool: string): Step[] =>
  steps.filter((step) => step.tool === tool);
