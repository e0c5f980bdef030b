// The tools of one agent for one task.
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { TaskContext } from "../ports/index.ts";
import { askPersonTool } from "./ask-person-tool.ts";
import type { AgentDeclaration } from "./declaration.ts";
import type { Toolset } from "./toolset.ts";

const ASK_PERSON = "ask_person";

/** Tools of an agent by its declaration; asking a person is the agents' own. */
export const agentTools = async (
  { name, tools }: AgentDeclaration,
  toolset: Toolset,
  context: TaskContext,
): Promise<StructuredToolInterface[]> => {
  const others = await toolset.create(
    tools.filter((tool) => tool !== ASK_PERSON),
    context,
  );
  if (!tools.includes(ASK_PERSON)) return [...others];
  const asker = { agent: name, taskId: context.task.id, taskTitle: context.task.title };
  return [...others, askPersonTool(asker)];
};
