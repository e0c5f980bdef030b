// useStream of @langchain/react: protocol v2, over SSE or a WebSocket.
import { useMessageMetadata, useMessages, useStream } from "@langchain/react";
import type { BaseMessage } from "@langchain/core/messages";
import { ConversationView, type Shown, textOf } from "./conversation.tsx";
import { type Place, rememberThread } from "./place.ts";

interface Values extends Record<string, unknown> {
  messages: BaseMessage[];
}

type Stream = ReturnType<typeof useStream<Values>>;

/** Reads where a message was first seen, which is where another can stand in its place. */
const Fork = ({ stream, id }: { readonly stream: Stream; readonly id: string }) => {
  const forkFrom = useMessageMetadata(stream, id)?.parentCheckpointId;
  return forkFrom === undefined ? null : (
    <button
      className="fork"
      data-id={id}
      onClick={() =>
        void stream.submit({ messages: [{ type: "human", content: "edited words" }] } as never, {
          forkFrom,
        })
      }
    >
      edit {id}
    </button>
  );
};

/** What is said inside a subgraph, by a subscription of its own. */
const Inside = ({ stream, of }: { readonly stream: Stream; readonly of: readonly string[] }) => {
  const messages = useMessages(stream, { namespace: [...of] });
  return (
    <ul className="inside" data-of={of.join("|")}>
      {messages.map((message, at) => (
        <li key={message.id ?? at}>{textOf(message.content)}</li>
      ))}
    </ul>
  );
};

const shown = (message: BaseMessage, at: number): Shown => ({
  id: message.id ?? String(at),
  type: message.getType(),
  text: textOf(message.content),
  calls: ((message as { tool_calls?: { name: string }[] }).tool_calls ?? []).map(
    ({ name }) => name,
  ),
  edit: undefined,
  branches: [],
});

export const Protocol = ({ place }: { readonly place: Place }) => {
  const stream = useStream<Values>({
    apiUrl: place.api,
    assistantId: place.graph,
    threadId: place.thread,
    onThreadId: rememberThread,
    transport: place.form === "websocket" ? "websocket" : "sse",
    ...(place.key === null ? {} : { apiKey: place.key }),
  });
  const question = stream.interrupt;
  return (
    <>
      <ConversationView
        conversation={{
          threadId: stream.threadId,
          messages: stream.messages.map(shown),
          isLoading: stream.isLoading,
          question: question?.value,
          error: stream.error,
          submit: (content) =>
            void stream.submit({ messages: [{ type: "human", content }] } as never),
          stop: () => void stream.stop(),
          answer: (decision) =>
            void stream.respond(
              { decisions: [decision] },
              question?.id === undefined ? {} : { interruptId: question.id },
            ),
        }}
      />
      <nav>
        {stream.messages
          .filter((message) => message.getType() === "human" && message.id !== undefined)
          .map(({ id = "" }) => (
            <Fork key={id} stream={stream} id={id} />
          ))}
      </nav>
      {[...stream.subgraphs.values()].map(({ namespace }) => (
        <Inside key={namespace.join("|")} stream={stream} of={namespace} />
      ))}
    </>
  );
};
