// The closed list of classes that are revived. Everything else is either plain data or refused.
import * as messages from "@langchain/core/messages";
import { Document } from "@langchain/core/documents";

type MessageClass = new (fields: never) => messages.BaseMessage;

/** Message classes by the short name they are stored under. Names are never reused or renamed. */
export const MESSAGE_CLASSES: Readonly<Record<string, MessageClass>> = {
  H: messages.HumanMessage,
  A: messages.AIMessage,
  S: messages.SystemMessage,
  T: messages.ToolMessage,
  F: messages.FunctionMessage,
  C: messages.ChatMessage,
  R: messages.RemoveMessage,
  Hc: messages.HumanMessageChunk,
  Ac: messages.AIMessageChunk,
  Sc: messages.SystemMessageChunk,
  Tc: messages.ToolMessageChunk,
  Fc: messages.FunctionMessageChunk,
  Cc: messages.ChatMessageChunk,
};

/** Built-in errors that come back as their own class; others come back as Error with their name. */
export const ERROR_CLASSES: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  TypeError: TypeError,
  RangeError: RangeError,
  SyntaxError: SyntaxError,
  ReferenceError: ReferenceError,
  EvalError: EvalError,
  URIError: URIError,
};

type View = { buffer: ArrayBufferLike; byteOffset: number; byteLength: number };
type ViewClass = new (buffer: ArrayBuffer) => View;

/** Typed arrays beside Uint8Array, which has a tag of its own. */
export const VIEW_CLASSES: Readonly<Record<string, ViewClass>> = {
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView: DataView,
};

export const DOCUMENT_CLASS = Document;

const SHORT_NAMES = new Map<unknown, string>(
  Object.entries(MESSAGE_CLASSES).map(([short, cls]) => [cls.prototype, short]),
);
const SHORT_BY_CLASS_NAME = new Map<string, string>(
  Object.entries(MESSAGE_CLASSES).map(([short, cls]) => [cls.name, short]),
);

/**
 * The short name of a message's class, or undefined when it is a subclass that is not on the list.
 * A second copy of LangChain in the process is recognised by the name of its class.
 */
export const shortNameOf = (message: object): string | undefined => {
  const prototype = Object.getPrototypeOf(message) as { constructor?: { name?: string } } | null;
  return SHORT_NAMES.get(prototype) ?? SHORT_BY_CLASS_NAME.get(prototype?.constructor?.name ?? "");
};

const sampleOf = (cls: MessageClass): Record<string, unknown> => {
  const fields = { content: "", tool_call_id: "", role: "", name: undefined, id: undefined };
  return new cls(fields as never) as unknown as Record<string, unknown>;
};

/** What a fresh message of each class has in its own fields: those need not be stored. */
export const MESSAGE_SAMPLES: Readonly<Record<string, Record<string, unknown>>> =
  Object.fromEntries(Object.entries(MESSAGE_CLASSES).map(([short, cls]) => [short, sampleOf(cls)]));
