// A thread driven as LangGraph drives a graph of one looping node: the writes of a task, then the next
// checkpoint.
import { randomBytes, randomUUID } from "node:crypto";
import { HumanMessage, type BaseMessage } from "@langchain/core/messages";
import { uuid5, uuid6, type Checkpoint } from "@langchain/langgraph-checkpoint";
import type { AnySaver } from "./subjects.ts";

export const MESSAGE_BYTES = 515;

// Text that does not compress below its size, in a message of exactly 515 bytes as JSON.
const makeFields = (): { id: string; content: string } => {
  const id = randomUUID();
  const empty = JSON.stringify(new HumanMessage({ content: "", id })).length;
  const text = randomBytes(MESSAGE_BYTES).toString("base64");
  return { id, content: text.slice(0, MESSAGE_BYTES - empty) };
};

const MADE = Array.from({ length: 4_096 }, makeFields);
let taken = 0;

/** A new message; its text was made before, so that the measured time has only its object. */
export const message = (): BaseMessage => {
  const { content } = MADE[(taken += 1) % MADE.length] as { content: string };
  return new HumanMessage({ content, id: randomUUID() });
};

export class Runner {
  private readonly messages: BaseMessage[] = [];
  private config: object;
  private checkpoint: Checkpoint | undefined;
  private step = 0;
  private readonly saver: AnySaver;

  constructor(saver: AnySaver, thread: string) {
    this.saver = saver;
    this.config = { configurable: { thread_id: thread, checkpoint_ns: "" } };
  }

  async next(durability: "sync" | "async" = "sync"): Promise<void> {
    const { saver } = this;
    const added = message();
    const writes = this.checkpoint === undefined ? undefined : this.writes(added, this.checkpoint);
    this.messages.push(added);
    const before = this.checkpoint?.channel_versions ?? {};
    const version = saver.getNextVersion(Object.values(before)[0]) as never;
    const start = before["__start__"] ?? version;
    const checkpoint: Checkpoint = {
      v: 4,
      id: uuid6(this.step),
      ts: new Date().toISOString(),
      channel_values: { messages: [...this.messages], "branch:to:loop": null, __pregel_tasks: [] },
      channel_versions: { messages: version, "branch:to:loop": version, __start__: start },
      versions_seen: {
        __input__: {},
        __start__: { __start__: start },
        loop: { "branch:to:loop": before["branch:to:loop"] ?? version },
      },
    };
    const newVersions = { messages: version, "branch:to:loop": version };
    const metadata = { source: "loop" as const, step: this.step, parents: {} };
    const put = saver.put(this.config, checkpoint, metadata, newVersions);
    this.step += 1;
    if (durability === "sync") await writes;
    this.config = await put;
    this.checkpoint = checkpoint;
  }

  private writes(added: BaseMessage, { id }: Checkpoint): Promise<void> {
    return this.saver.putWrites(
      this.config,
      [
        ["messages", [added]],
        ["branch:to:loop", null],
      ],
      uuid5(String(this.step), id),
      "~__pregel_pull, loop",
    );
  }

  async pause(): Promise<void> {
    const question = {
      id: randomBytes(16).toString("hex"),
      value: { question: "Shall I send the report to everybody on the list?" },
    };
    await this.saver.putWrites(
      this.config,
      [["__interrupt__", [question]]],
      uuid5("ask", this.checkpoint?.id ?? ""),
      "~__pregel_pull, ask",
    );
  }
}
