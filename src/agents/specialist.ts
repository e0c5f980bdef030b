// A specialist: one agent, declared in YAML, as someone the orchestrator can give a task to.
import type { BaseMessage } from "@langchain/core/messages";
import { createAgent } from "langchain";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore, Assignee, AssigneeGraph, TaskContext } from "../ports/index.ts";
import { agentTools } from "./agent-tools.ts";
import { briefingMessage } from "./briefing-message.ts";
import { type AgentDeclaration, cardOf } from "./declaration.ts";
import { handOverOf } from "./hand-over.ts";
import { submissionMiddleware, type LoopBounds } from "./submission-middleware.ts";
import { submitTool } from "./submit-tool.ts";
import { systemPrompt } from "./system-prompt.ts";
import { toolErrorMiddleware } from "./tool-error-middleware.ts";
import type { ModelSource, Toolset } from "./toolset.ts";

/** Nodes of one turn: before the model, the model, after the model, the tools. */
const STEPS_PER_MODEL_CALL = 4;

export interface SpecialistOptions {
  readonly declaration: AgentDeclaration;
  readonly toolset: Toolset;
  readonly models: ModelSource;
  /** Where query results are. */
  readonly artifacts: ArtifactStore;
}

const messagesOf = (state: Record<string, unknown>): BaseMessage[] => {
  const { messages } = state;
  if (Array.isArray(messages)) return messages as BaseMessage[];
  throw new TuttiError("INTERNAL", "the state of an agent has no messages");
};

export const createSpecialist = (options: SpecialistOptions): Assignee => {
  const { declaration, toolset, models, artifacts } = options;
  const bounds: LoopBounds = {
    kind: declaration.produces,
    modelCalls: declaration.max_iterations,
  };

  const graph = async (context: TaskContext): Promise<AssigneeGraph> => {
    const tools = await agentTools(declaration, toolset, context);
    tools.push(submitTool({ declaration, context }));
    const model = await models(declaration.model, context);
    const agent = createAgent({
      name: declaration.name,
      model,
      tools,
      systemPrompt: systemPrompt(declaration),
      middleware: [submissionMiddleware(bounds), toolErrorMiddleware(context.signal)],
      signal: context.signal,
    });
    const recursionLimit = STEPS_PER_MODEL_CALL * (bounds.modelCalls + 2);
    return agent.graph.withConfig({ recursionLimit });
  };

  return {
    card: cardOf(declaration),
    graph,
    input: (context, extras) => ({ messages: [briefingMessage(declaration, context, extras)] }),
    handOver: (state, context) =>
      handOverOf(messagesOf(state), { declaration, context }, bounds, artifacts),
  };
};
