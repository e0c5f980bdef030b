// `ask_person`: the task's graph stops at an interrupt until a person has answered.
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { interrupt } from "@langchain/langgraph";
import type { z } from "zod";
import { Answer, AskPersonArgs, type AskPersonResult, type Question } from "../protocol/index.ts";

/** The part of a task that a question names. */
export interface Asker {
  readonly agent: string;
  readonly taskId: string;
  readonly taskTitle: string;
}

const questionOf = (asker: Asker, args: { question: string; options?: string[] | undefined }) => {
  const options = (args.options ?? []).map((option) => `- ${option}`).join("\n");
  const question: Question = {
    id: asker.taskId,
    kind: "task",
    taskId: asker.taskId,
    description: [
      `**${asker.agent}** asks, working on "${asker.taskTitle}":`,
      args.question,
      ...(options === "" ? [] : [options]),
    ].join("\n\n"),
    args,
    allowed: ["respond", "reject"],
    schema: { type: "string", ...(args.options === undefined ? {} : { examples: args.options }) },
  };
  return question;
};

/** What the model is told. A host that knows no Answer may resume with any value: that is the answer then. */
const answerOf = (value: unknown): unknown => {
  const { data: answer } = Answer.safeParse(value);
  if (answer === undefined) return value;
  if (answer.type === "respond") return answer.value;
  if (answer.type === "edit") return answer.args;
  if (answer.type === "approve") return "yes";
  return `No answer: ${answer.message || "the person declined"}. Do without it.`;
};

export const askPersonTool = (asker: Asker): StructuredToolInterface =>
  tool(
    (args): string => {
      const result: z.infer<typeof AskPersonResult> = {
        answer: answerOf(interrupt(questionOf(asker, args))),
      };
      return JSON.stringify(result);
    },
    {
      name: "ask_person",
      description:
        "Asks the person the work is for, and waits for the answer. Only for what neither the data " +
        "nor the documents can tell and what changes the result. One question a call.",
      schema: AskPersonArgs,
    },
  );
