// LangGraph's stream chunks as the events of the API. One mapper serves one run: it remembers the messages
// it has shown.
import { type AIMessageChunk, type BaseMessage, isBaseMessage } from "@langchain/core/messages";
import { isCheckpointEnvelope } from "@langchain/langgraph/web";
import type { JsonObject } from "../storage/index.ts";
import { checkpointOf, publicConfig, publicFields, taskCheckpointOf } from "./public-config.ts";
import type { RunEvent } from "./run-attempt.ts";
import type { StreamMode } from "./run-service.ts";
import { toWire, wireText } from "./wire-values.ts";

type Fields = Readonly<Record<string, unknown>>;
export type Chunk = readonly [namespace: readonly string[], mode: string, payload: unknown];

/** The engine's modes that the asked ones are made of; `events` is not one of them. */
export const engineModes = (modes: ReadonlySet<StreamMode>): string[] => {
  const engine = new Set<string>();
  for (const mode of modes) {
    if (mode === "messages-tuple") engine.add("messages");
    else if (mode === "messages") engine.add("messages").add("values");
    else if (mode !== "events") engine.add(mode);
  }
  return [...engine];
};

/** A task's config of its subgraph becomes the checkpoint it stands for. */
const taskPayload = (task: Fields, tenant: string): Fields => {
  const checkpoint = taskCheckpointOf(task["state"], tenant);
  const { state, metadata, ...rest } = task;
  return {
    ...rest,
    ...(checkpoint === null ? (state === undefined ? {} : { state }) : { checkpoint }),
    ...(metadata === undefined ? {} : { metadata: publicFields(metadata as Fields, tenant) }),
  };
};

const checkpointPayload = (payload: Fields, tenant: string): Fields => {
  const { config, parentConfig, tasks, ...rest } = payload;
  return {
    ...rest,
    tasks: (tasks as readonly Fields[]).map((task) => taskPayload(task, tenant)),
    checkpoint: checkpointOf(config, tenant),
    parent_checkpoint: checkpointOf(parentConfig, tenant),
    config: publicConfig(config, tenant),
    parent_config: publicConfig(parentConfig, tenant),
  };
};

const debugPayload = (chunk: Fields, tenant: string): Fields => {
  const payload = chunk["payload"] as Fields;
  return {
    ...chunk,
    payload:
      chunk["type"] === "checkpoint"
        ? checkpointPayload(payload, tenant)
        : taskPayload(payload, tenant),
  };
};

/** Of whichever copy of LangChain: `AIMessageChunk.isInstance` knows those of its own only. */
const isAiChunk = (message: BaseMessage): message is AIMessageChunk =>
  isBaseMessage(message) && message.type === "ai" && "concat" in message;

/** Messages of a state value, one or many. */
const messagesIn = (values: unknown): BaseMessage[] => {
  const messages: unknown =
    typeof values === "object" && values !== null && "messages" in values ? values.messages : [];
  return (Array.isArray(messages) ? messages : [messages]).filter((item) => isBaseMessage(item));
};

export interface MapperOptions {
  readonly tenant: string;
  readonly modes: ReadonlySet<StreamMode>;
  readonly subgraphs: boolean;
}

export class EventMapper {
  private readonly options: MapperOptions;
  /** What has come of each streamed message, by id. */
  private readonly partial = new Map<string, AIMessageChunk>();
  private readonly complete = new Set<string>();
  /** Metadata of a model's call is one object for all its tokens. */
  private readonly metadata = new WeakMap<object, { text: string; value: JsonObject }>();

  constructor(options: MapperOptions) {
    this.options = options;
  }

  map([namespace, mode, payload]: Chunk): RunEvent[] {
    if (mode === "messages") return this.message(namespace, payload as [BaseMessage, Fields]);
    const events: RunEvent[] = [];
    const isShown = namespace.length === 0 || this.options.subgraphs;
    if (isShown && this.options.modes.has(mode as StreamMode)) {
      const data = this.data(mode, payload);
      if (data !== undefined) events.push({ event: named(mode, namespace), data });
    }
    if (mode === "values" && namespace.length === 0 && this.options.modes.has("messages"))
      events.push(...this.completed(payload));
    return events;
  }

  private data(mode: string, payload: unknown): string | undefined {
    const { tenant } = this.options;
    if (mode === "debug") return wireText(debugPayload(payload as Fields, tenant));
    if (mode === "tasks") return wireText(taskPayload(payload as Fields, tenant));
    if (mode !== "checkpoints") return wireText(payload);
    // light envelopes share the mode; the log has the full ones
    if (isCheckpointEnvelope(payload)) return undefined;
    const { values, metadata, next } = payload as Fields;
    return wireText({ values, metadata, next });
  }

  private metadataOf(fields: Fields): { text: string; value: JsonObject } {
    const known = this.metadata.get(fields);
    if (known !== undefined) return known;
    const value = toWire(publicFields(fields, this.options.tenant)) as JsonObject;
    const made = { text: JSON.stringify(value), value };
    this.metadata.set(fields, made);
    return made;
  }

  private message(
    namespace: readonly string[],
    [message, fields]: readonly [BaseMessage, Fields],
  ): RunEvent[] {
    const { modes, subgraphs } = this.options;
    const events: RunEvent[] = [];
    const metadata = this.metadataOf(fields);
    if (modes.has("messages-tuple") && (namespace.length === 0 || subgraphs))
      events.push({
        event: named("messages", namespace),
        data: `[${wireText(message)},${metadata.text}]`,
      });
    if (modes.has("messages") && isAiChunk(message))
      events.push(...this.partOf(message, metadata.value));
    return events;
  }

  private partOf(chunk: AIMessageChunk, metadata: JsonObject): RunEvent[] {
    if (chunk.id === undefined) return [];
    const before = this.partial.get(chunk.id);
    const whole = before === undefined ? chunk : before.concat(chunk);
    this.partial.set(chunk.id, whole);
    const part = { event: "messages/partial", data: `[${wireText(whole)}]` };
    if (before !== undefined) return [part];
    const data = JSON.stringify({ [chunk.id]: { metadata } });
    return [{ event: "messages/metadata", data }, part];
  }

  private completed(values: unknown): RunEvent[] {
    const fresh = messagesIn(values).filter(({ id }) => id !== undefined && !this.complete.has(id));
    for (const { id } of fresh) {
      this.complete.add(id as string);
      this.partial.delete(id as string);
    }
    return fresh.length === 0 ? [] : [{ event: "messages/complete", data: wireText(fresh) }];
  }
}

/** `mode|segment|segment`; the root graph's events have no suffix. */
export const named = (mode: string, namespace: readonly string[]): string =>
  namespace.length === 0 ? mode : `${mode}|${namespace.join("|")}`;
