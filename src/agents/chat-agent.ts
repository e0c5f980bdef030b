// One agent to talk to, in Studio and in chat clients: no task, no submission, a conversation. Files
// are copied when they are first named, and their paths never read again.
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
import { TuttiError } from "../errors.ts";
import { callerOf } from "../governance/index.ts";
import type { TaskContext } from "../ports/index.ts";
import { GivenFile, latestByName, SourceRef } from "../protocol/index.ts";
import { agentTools } from "./agent-tools.ts";
import type { AgentDeclaration } from "./declaration.ts";
import { chatPrompt } from "./system-prompt.ts";
import { toolErrorMiddleware } from "./tool-error-middleware.ts";
import type { ModelSource, Toolset } from "./toolset.ts";

const ChatState = new StateSchema({
  messages: MessagesValue,
  /** Files named since the last turn. */
  files: z.array(GivenFile).default(() => []),
  /** The stored copies that the tools read. */
  sources: z.array(SourceRef).default(() => []),
});
type State = typeof ChatState.State;
type Patch = typeof ChatState.Update;

const ChatInput = new StateSchema({
  messages: MessagesValue,
  files: z
    .array(GivenFile)
    .describe("Paths of data and documents; each is copied when it is first named")
    .optional(),
  /** Files that a host has stored already. */
  sources: z.array(SourceRef).optional(),
});

export interface ChatServices {
  readonly declaration: AgentDeclaration;
  readonly toolset: Toolset;
  readonly models: ModelSource;
  /**
   * Copies one given file into the store, for a thread. Throws INPUT_UNREADABLE, INPUT_TOO_LARGE,
   * FORBIDDEN when the host does not let this thread have it.
   */
  copyInput(file: GivenFile, thread: string): Promise<SourceRef>;
  /** `YYYY-MM-DD`: what "last month" is relative to. */
  today(): string;
}

/** Built on first use, so that importing a graph opens no file and no connection. */
export type ChatServicesSource = () => Promise<ChatServices>;

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
    caller: callerOf(config.configurable),
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

const intake =
  (source: ChatServicesSource) =>
  async ({ messages, files, sources }: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    if (messages.at(-1)?.getType() !== "human")
      throw new TuttiError("USAGE", "there is nothing to answer", {
        hint: 'the last message must be the person\'s: { "messages": [{ "role": "user", "content": "…" }] }',
      });
    const { copyInput } = await source();
    const thread = threadOf(config);
    const given = [...sources, ...files].map((file) => copyInput(file, thread));
    return { files: [], sources: latestByName(await Promise.all(given)) };
  };

const agent =
  (source: ChatServicesSource) =>
  async ({ messages, sources }: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const { declaration, toolset, models, today } = await source();
    const context = turnContext(declaration, messages, sources, config);
    const model = await models(declaration.model, context);
    const tools = await agentTools(declaration, toolset, context);
    const turn = createAgent({
      name: declaration.name,
      model,
      tools,
      systemPrompt: chatPrompt(declaration, { today: today(), sources }),
      middleware: [
        modelCallLimitMiddleware({ runLimit: declaration.max_iterations, exitBehavior: "end" }),
        toolErrorMiddleware(config.signal),
      ],
      signal: config.signal,
    });
    const recursionLimit = 4 * (declaration.max_iterations + 2);
    const ended = await turn.invoke({ messages }, { ...config, recursionLimit });
    return { messages: ended.messages };
  };

/**
 * Compiled without a checkpointer: the host gives its own. Tools and models are built at the first
 * turn, not when the graph is loaded.
 */
export const createChatAgent = (services: ChatServicesSource) =>
  new StateGraph({ state: ChatState, input: ChatInput })
    .addNode("intake", intake(services))
    .addNode("agent", agent(services))
    .addEdge(START, "intake")
    .addEdge("intake", "agent")
    .addEdge("agent", END)
    .compile({ name: "agent" });
