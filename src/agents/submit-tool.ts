// `submit_<kind>`: the call by which an agent hands over. It accepts, or says what is wrong.
import type { BaseMessage } from "@langchain/core/messages";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { z } from "zod";
import { TuttiError } from "../errors.ts";
import { Submissions, submitToolFor } from "../protocol/index.ts";
import { type Assignment, parseSubmission, problemsOf } from "./submission.ts";
import { readCalls } from "./transcript.ts";

/** The schema a model sees; for data it shows what the data must look like. */
const schemaFor = ({ declaration, context }: Assignment) => {
  const shape = context.task.expects.schema ?? declaration.output_schema;
  if (declaration.produces !== "data" || shape === undefined)
    return Submissions[declaration.produces];
  // Advertised only: ajv validates it, so that a failure is worded like the others.
  const data = z.record(z.string(), z.unknown()).meta(shape);
  return Submissions.data.extend({ data });
};

/** State of the agent's graph, as its tool node hands it to tools. */
const messagesOf = (runtime: unknown): BaseMessage[] =>
  (runtime as { state?: { messages?: BaseMessage[] } }).state?.messages ?? [];

export const submitTool = (assignment: Assignment): StructuredToolInterface => {
  const kind = assignment.declaration.produces;
  const name = submitToolFor(kind);
  return tool(
    (args: unknown, runtime: unknown): string => {
      const submission = parseSubmission(kind, args);
      const problems = problemsOf(submission, assignment, readCalls(messagesOf(runtime)));
      if (problems.length === 0) return JSON.stringify({ accepted: true });
      throw new TuttiError("MODEL_OUTPUT", problems.join("\n"), {
        hint: `Correct this and call ${name} once more.`,
      });
    },
    {
      name,
      description: `Hands over the finished work. Call it once, when everything is ready; it ends the task.`,
      schema: schemaFor(assignment),
    },
  );
};
