// One agent to talk to, in Studio and in chat clients: no task, no submission, a conversation.
import type { BaseMessage } from "@langchain/core/messages";
import {
  END,
  type LangGraphRunnableConfig,
  MessagesValue,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import { createAgent, modelCallLimitMiddleware } from "langchain";
import { z } from "zod";
import type { TaskContext } from "../ports/index.ts";
import { SourceRef } from "../protocol/index.ts";
import { agentTools } from "./agent-tools.ts";
import type { AgentDeclaration } from "./declaration.ts";
import { chatPrompt } from "./system-prompt.ts";
import { toolErrorMiddleware } from "./tool-error-middleware.ts";
import type { ModelSource, Toolset } from "./toolset.ts";

const ChatState = new StateSchema({
  messages: MessagesValue,
  /** Stored files that the tools may read. */
  sources: z.array(SourceRef).optional(),
});

export interface ChatAgentOptions {
  readonly declaration: AgentDeclaration;
  readonly toolset: Toolset;
  readonly models: ModelSource;
}

const threadOf = ({ configurable }: LangGraphRunnableConfig): string => {
  const id: unknown = configurable?.["thread_id"];
  return typeof id === "string" ? id : "chat";
};

/** Tools and models are built for tasks; a turn of a conversation is one whose goal is the last message. */
const turnContext = (
  { name, produces }: AgentDeclaration,
  messages: readonly BaseMessage[],
  sources: readonly SourceRef[],
  config: LangGraphRunnableConfig,
): TaskContext => {
  const said =
    messages.findLast((message) => message.getType() === "human")?.text || "Conversation";
  return {
    rootThread: threadOf(config),
    thread: threadOf(config),
    task: {
      id: "chat",
      title: "Conversation",
      instructions: said,
      assignee: name,
      dependsOn: [],
      expects: { kind: produces, description: "An answer in the conversation" },
      checks: ["schema"],
    },
    attempt: 1,
    goal: said,
    sources,
    inputs: {},
    caveats: [],
    signal: config.signal,
    emit: (event) => config.writer?.(event),
  };
};

/**
 * Compiled without a checkpointer: the host gives its own. Tools and models are built at the first
 * turn, not when the graph is loaded.
 */
export const createChatAgent = ({ declaration, toolset, models }: ChatAgentOptions) =>
  new StateGraph(ChatState)
    .addNode("agent", async ({ messages, sources = [] }, config: LangGraphRunnableConfig) => {
      const context = turnContext(declaration, messages, sources, config);
      const model = await models(declaration.model, context);
      const tools = await agentTools(declaration, toolset, context);
      const agent = createAgent({
        name: declaration.name,
        model,
        tools,
        systemPrompt: chatPrompt(declaration),
        middleware: [
          modelCallLimitMiddleware({
            runLimit: declaration.max_iterations,
            exitBehavior: "end",
          }),
          toolErrorMiddleware(config.signal),
        ],
        signal: config.signal,
      });
      const recursionLimit = 4 * (declaration.max_iterations + 2);
      const ended = await agent.invoke({ messages }, { ...config, recursionLimit });
      return { messages: ended.messages };
    })
    .addEdge(START, "agent")
    .addEdge("agent", END)
    .compile();
