// What a person sees of a conversation, whichever hook it comes from.
import { type FormEvent, useState } from "react";

export interface Shown {
  readonly id: string;
  readonly type: string;
  readonly text: string;
  readonly calls: readonly string[];
  /** Sends another text in place of this one, on a branch of its own; undefined where it cannot be. */
  readonly edit: ((text: string) => void) | undefined;
  readonly branches: readonly { readonly name: string; readonly pick: () => void }[];
}

export interface Conversation {
  readonly threadId: string | null;
  readonly messages: readonly Shown[];
  readonly isLoading: boolean;
  readonly question: unknown;
  readonly error: unknown;
  readonly submit: (text: string) => void;
  readonly stop: () => void;
  readonly answer: (decision: { readonly type: string; readonly message?: string }) => void;
}

interface Content {
  readonly type?: string;
  readonly text?: string;
}

/** Messages come with a text or with blocks. */
export const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Array.isArray(content)
      ? (content as Content[]).map(({ type, text }) => (type === "text" ? text : "")).join("")
      : "";

const Message = ({ message }: { readonly message: Shown }) => (
  <li data-type={message.type} data-id={message.id}>
    <b>{message.type}</b> <span className="text">{message.text}</span>
    {message.calls.map((call) => (
      <code key={call} className="call">
        {call}
      </code>
    ))}
    {message.edit === undefined ? null : (
      <button className="edit" onClick={() => message.edit?.("edited words")}>
        edit
      </button>
    )}
    {message.branches.map(({ name, pick }, at) => (
      <button key={name} className="branch" onClick={pick}>
        branch {at + 1}
      </button>
    ))}
  </li>
);

const Question = ({ conversation }: { readonly conversation: Conversation }) => (
  <section id="question">
    <pre>{JSON.stringify(conversation.question, null, 1)}</pre>
    <button id="approve" onClick={() => conversation.answer({ type: "approve" })}>
      approve
    </button>
    <button
      id="reject"
      onClick={() => conversation.answer({ type: "reject", message: "not today" })}
    >
      reject
    </button>
  </section>
);

export const ConversationView = ({ conversation }: { readonly conversation: Conversation }) => {
  const [text, setText] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    conversation.submit(text);
    setText("");
  };
  const { error } = conversation;
  return (
    <main data-loading={conversation.isLoading} data-thread={conversation.threadId ?? ""}>
      <ol id="messages">
        {conversation.messages.map((message) => (
          <Message key={message.id} message={message} />
        ))}
      </ol>
      {conversation.question === undefined ? null : <Question conversation={conversation} />}
      {error === undefined || error === null ? null : (
        <p id="error">{error instanceof Error ? error.message : JSON.stringify(error)}</p>
      )}
      <form onSubmit={send}>
        <input id="text" value={text} onChange={({ target }) => setText(target.value)} />
        <button id="send">send</button>
        <button id="stop" type="button" onClick={conversation.stop}>
          stop
        </button>
        <i>{conversation.isLoading ? "working" : "ready"}</i>
      </form>
    </main>
  );
};
