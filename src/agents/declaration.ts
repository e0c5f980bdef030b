// What a user writes to add a specialist: one YAML file of this shape.
import { z } from "zod";
import { type AssigneeCard, CheckName, OutputKind } from "../protocol/index.ts";

const prose = z.string().trim().min(1);

export const AgentDeclaration = z
  .strictObject({
    /** What plans call the agent. */
    name: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "lower-case letters, digits, - and _"),
    role: prose,
    goal: prose,
    backstory: prose,
    tools: z.array(z.string()).default([]),
    /** `provider:model`, or a name that the configuration knows. */
    model: z.string().min(1).default("default"),
    produces: OutputKind,
    /** Checks that every task of this agent must have, beyond those a planner picks. */
    checks: z.array(CheckName).optional(),
    /** Model calls of one attempt. */
    max_iterations: z.int().min(1).max(200).default(25),
    /** JSON Schema of what it hands over; for `produces: data`. */
    output_schema: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ output_schema, produces }) => output_schema === undefined || produces === "data", {
    path: ["output_schema"],
    message: "only an agent with `produces: data` has an output_schema",
  });
export type AgentDeclaration = z.infer<typeof AgentDeclaration>;

/** How a planner sees the agent. */
export const cardOf = (declaration: AgentDeclaration): AssigneeCard => {
  const { name, role, goal, tools, produces, checks } = declaration;
  return { name, role, goal, tools, produces, ...(checks === undefined ? {} : { checks }) };
};
