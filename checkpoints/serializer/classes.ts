// The closed list of classes that are revived. Everything else is either plain data or refused. They may be
// of another copy of the packages than ours: a project brings its own LangGraph, and its graphs must get
// back instances of the classes they know (`adoptClasses`).
import { Document } from "@langchain/core/documents";
import * as messages from "@langchain/core/messages";
import { Command, Overwrite, Send } from "@langchain/langgraph";
import { DeltaSnapshot } from "@langchain/langgraph-checkpoint";

type MessageClass = new (fields: never) => messages.BaseMessage;

/** Message classes by the short name they are stored under. Names are never reused or renamed. */
const MESSAGE_NAMES = {
  H: "HumanMessage",
  A: "AIMessage",
  S: "SystemMessage",
  T: "ToolMessage",
  F: "FunctionMessage",
  C: "ChatMessage",
  R: "RemoveMessage",
  Hc: "HumanMessageChunk",
  Ac: "AIMessageChunk",
  Sc: "SystemMessageChunk",
  Tc: "ToolMessageChunk",
  Fc: "FunctionMessageChunk",
  Cc: "ChatMessageChunk",
} as const;
type ShortName = keyof typeof MESSAGE_NAMES;
type MessageModule = Readonly<Record<(typeof MESSAGE_NAMES)[ShortName], MessageClass>>;

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

/** The modules of one copy of LangGraph and LangChain that have the classes of the list. */
export interface ClassModules {
  readonly langgraph: {
    readonly Send: typeof Send;
    readonly Command: typeof Command;
    readonly Overwrite: typeof Overwrite;
  };
  readonly checkpoint: { readonly DeltaSnapshot: typeof DeltaSnapshot };
  readonly messages: MessageModule;
  readonly documents: { readonly Document: typeof Document };
}

/** What is revived, as the copy in force has it. */
export const CLASSES = { Send, Command, Overwrite, DeltaSnapshot, Document };
export const MESSAGE_CLASSES: Record<string, MessageClass> = {};
/** What a fresh message of each class has in its own fields: those need not be stored. */
export const MESSAGE_SAMPLES: Record<string, Record<string, unknown>> = {};

const SHORT_NAMES = new Map<unknown, string>();
const SHORT_BY_CLASS_NAME = new Map<string, string>(
  Object.entries(MESSAGE_NAMES).map(([short, name]) => [name, short]),
);

const sampleOf = (cls: MessageClass): Record<string, unknown> => {
  const fields = { content: "", tool_call_id: "", role: "", name: undefined, id: undefined };
  return new cls(fields as never) as unknown as Record<string, unknown>;
};

/**
 * From now on what is read comes back as instances of this copy's classes, of those it has. For the whole
 * process: it serves one project. Instances of every copy can be stored, before and after.
 */
export const adoptClasses = (copy: Partial<ClassModules>): void => {
  for (const [short, name] of Object.entries(MESSAGE_NAMES)) {
    const cls = copy.messages?.[name];
    if (cls === undefined) continue;
    MESSAGE_CLASSES[short] = cls;
    MESSAGE_SAMPLES[short] = sampleOf(cls);
    SHORT_NAMES.set(cls.prototype, short);
  }
  for (const own of Object.keys(CLASSES) as (keyof typeof CLASSES)[]) {
    const { langgraph, checkpoint, documents } = copy;
    const cls = ({ ...langgraph, ...checkpoint, ...documents } as Partial<typeof CLASSES>)[own];
    if (cls !== undefined) Object.assign(CLASSES, { [own]: cls });
  }
};
adoptClasses({ messages });

/**
 * The short name of a message's class, or undefined when it is a subclass that is not on the list.
 * A second copy of LangChain in the process is recognised by the name of its class.
 */
export const shortNameOf = (message: object): string | undefined => {
  const prototype = Object.getPrototypeOf(message) as { constructor?: { name?: string } } | null;
  return SHORT_NAMES.get(prototype) ?? SHORT_BY_CLASS_NAME.get(prototype?.constructor?.name ?? "");
};

/** The class by its full name, as the official serializer writes it. */
export const messageClassNamed = (name: string): MessageClass | undefined =>
  MESSAGE_CLASSES[SHORT_BY_CLASS_NAME.get(name) ?? ""];

/** LangGraph marks its own classes by name, so that they are known whichever copy they come from. */
const isMarked = (value: object, name: string): boolean =>
  (value as { lg_name?: unknown }).lg_name === name;

export const isSend = (value: object): value is Send => isMarked(value, "Send");
export const isLanggraphCommand = (value: object): value is Command => isMarked(value, "Command");
export const isOverwrite = (value: object): value is Overwrite<unknown> =>
  isMarked(value, "Overwrite");
export const isSnapshot = (value: object): value is DeltaSnapshot =>
  isMarked(value, "DeltaSnapshot");

const DOCUMENT_FIELDS = new Set(["pageContent", "metadata", "id"]);

/** Documents bear no mark: those of another copy are known by the name of their class and their fields. */
export const isDocument = (value: object): value is Document => {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  if (prototype === Document.prototype || prototype === CLASSES.Document.prototype) return true;
  return (
    prototype?.constructor?.name === "Document" &&
    typeof (value as Document).pageContent === "string" &&
    Object.keys(value).every((key) => DOCUMENT_FIELDS.has(key))
  );
};
