// The next step of a conversation: who is asked, and for what.
import {
  ASK_CLARIFICATION,
  SUBMIT_PLAN,
  submitToolFor,
  type SpecialistBriefing,
} from "../../protocol/index.ts";
import { analystStep } from "./analyst.ts";
import { call, say, SELF, type ModelAnswer } from "./answer.ts";
import { chatStep } from "./chat.ts";
import { lastStep, type Conversation } from "./conversation.ts";
import { OTHER_MODEL_HINT, planFor } from "./planner.ts";
import { reporterStep } from "./reporter.ts";
import { researcherStep } from "./researcher.ts";
import { writerStep } from "./writer.ts";

const OUTSIDE = `${SELF} It plans, computes, writes and lays out reports over tables, and does nothing else. ${OTHER_MODEL_HINT}`;

const SPECIALISTS = {
  tables: analystStep,
  narrative: writerStep,
  files: reporterStep,
  passages: researcherStep,
} as const;

/** A submission that was refused once is not repeated: the rules would say the same. */
const afterSubmission = (conversation: Conversation, tool: string): ModelAnswer | undefined => {
  const step = lastStep(conversation, tool);
  if (step === undefined) return undefined;
  return step.failure === undefined
    ? say("Done.")
    : say(
        `${SELF} The submission was refused and the rules have no other: ${step.failure.message}`,
      );
};

const specialistStep = (briefing: SpecialistBriefing, conversation: Conversation): ModelAnswer => {
  const { kind } = briefing.task.expects;
  const submit = submitToolFor(kind);
  const over = afterSubmission(conversation, submit);
  if (over !== undefined) return over;
  if (kind === "data" || !conversation.tools.has(submit)) {
    return say(`${SELF} It cannot do this task (${kind}). ${OTHER_MODEL_HINT}`);
  }
  return SPECIALISTS[kind](briefing, conversation);
};

/** Deterministic: the same messages and tools give the same answer. Throws GOAL_NOT_UNDERSTOOD. */
export const nextStep = (conversation: Conversation): ModelAnswer => {
  const { briefing, tools } = conversation;
  if (briefing === undefined) return chatStep(conversation) ?? say(OUTSIDE);
  if (briefing.role === "specialist") return specialistStep(briefing, conversation);
  const over =
    afterSubmission(conversation, SUBMIT_PLAN) ?? afterSubmission(conversation, ASK_CLARIFICATION);
  if (over !== undefined) return over;
  if (!tools.has(SUBMIT_PLAN)) return say(OUTSIDE);
  const result = planFor(briefing, tools.has(ASK_CLARIFICATION));
  return "plan" in result ? call(SUBMIT_PLAN, result.plan) : call(ASK_CLARIFICATION, result.form);
};
