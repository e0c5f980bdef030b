// useStream of @langchain/langgraph-sdk/react: runs, joins and history, as Agent Chat UI uses it.
import { useStream } from "@langchain/langgraph-sdk/react";
import type { Message } from "@langchain/langgraph-sdk";
import { ConversationView, type Shown, textOf } from "./conversation.tsx";
import { type Place, rememberThread } from "./place.ts";

interface Values extends Record<string, unknown> {
  messages: Message[];
}

const HOW = { streamSubgraphs: true, streamResumable: true } as const;

export const Legacy = ({ place }: { readonly place: Place }) => {
  const stream = useStream<Values>({
    apiUrl: place.api,
    assistantId: place.graph,
    threadId: place.thread,
    onThreadId: rememberThread,
    reconnectOnMount: true,
    fetchStateHistory: true,
    ...(place.key === null ? {} : { apiKey: place.key }),
  });
  const shown = (message: Message, at: number): Shown => {
    const meta = stream.getMessagesMetadata(message, at);
    const checkpoint = meta?.firstSeenState?.parent_checkpoint;
    const isEditable = message.type === "human" && checkpoint !== undefined && checkpoint !== null;
    return {
      id: message.id ?? String(at),
      type: message.type,
      text: textOf(message.content),
      calls: message.type === "ai" ? (message.tool_calls ?? []).map(({ name }) => name) : [],
      edit: isEditable
        ? (text) =>
            void stream.submit(
              { messages: [{ type: "human", content: text }] },
              { ...HOW, checkpoint },
            )
        : undefined,
      branches:
        message.type === "human"
          ? (meta?.branchOptions ?? []).map((name) => ({
              name,
              pick: () => stream.setBranch(name),
            }))
          : [],
    };
  };
  return (
    <ConversationView
      conversation={{
        threadId: place.thread,
        messages: stream.messages.map(shown),
        isLoading: stream.isLoading,
        question: stream.interrupt?.value,
        error: stream.error,
        submit: (content) => {
          const message: Message = { type: "human", content };
          const optimisticValues = ({ messages = [] }: Partial<Values>) => ({
            messages: [...messages, { ...message, id: "sending" }],
          });
          void stream.submit({ messages: [message] }, { ...HOW, optimisticValues });
        },
        stop: () => void stream.stop(),
        answer: (decision) =>
          void stream.submit({}, { ...HOW, command: { resume: { decisions: [decision] } } }),
      }}
    />
  );
};
