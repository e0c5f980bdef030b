// Nodes get new names; threads that wait under the old ones are moved to the new. A moved node begins anew:
// what it asked it asks again, unless its one answer has just come.
import { uuid6, type Checkpoint, type CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { z } from "zod";
import { TuttiError } from "../errors.ts";
import type { FencedSaver } from "./fenced-saver.ts";

/** Old names of nodes to new ones, by graph id. */
export const Migrations = z.record(z.string(), z.record(z.string(), z.string().min(1)));
export type Migrations = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** `files`: content of graphs/migrations/<graph>.json by graph id. Throws CONFIG_INVALID. */
export const readMigrations = (files: Readonly<Record<string, unknown>>): Migrations => {
  const parsed = Migrations.safeParse(files);
  if (parsed.success) return parsed.data;
  throw new TuttiError("CONFIG_INVALID", `graphs/migrations: ${z.prettifyError(parsed.error)}`, {
    hint: 'a file <graph>.json holds {"old name": "new name"}',
  });
};

type Renamed = Readonly<Record<string, string>>;

const renamer = (renamed: Renamed) => {
  const node = (name: string): string =>
    Object.hasOwn(renamed, name) ? (renamed[name] ?? name) : name;
  const channel = (name: string): string => {
    const [kind, ...rest] = name.split(":");
    if (kind === "branch" && rest[0] === "to") return `branch:to:${node(rest.slice(1).join(":"))}`;
    if (kind !== "join") return name;
    const [starts = "", end = ""] = rest;
    return `join:${starts.split("+").map(node).join("+")}:${node(end)}`;
  };
  const keys = <T>(record: Readonly<Record<string, T>>, rename: (key: string) => string) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]));
  const value = (name: string, held: unknown): unknown => {
    if (!Array.isArray(held)) return held;
    if (name.startsWith("join:")) return (held as string[]).map(node);
    if (name !== "__pregel_tasks") return held;
    // Of whichever copy of LangGraph they are.
    return (held as { node: string }[]).map((send): unknown =>
      Object.assign(Object.create(Object.getPrototypeOf(send) as object) as object, send, {
        node: node(send.node),
      }),
    );
  };
  return { node, channel, keys, value };
};

const renamedCheckpoint = (checkpoint: Checkpoint, renamed: Renamed): Checkpoint => {
  const { node, channel, keys, value } = renamer(renamed);
  const values = Object.entries(checkpoint.channel_values).map(([name, held]) => [
    channel(name),
    value(name, held),
  ]);
  const seen = Object.entries(checkpoint.versions_seen).map(([name, versions]) => [
    node(name),
    keys(versions, channel),
  ]);
  return {
    ...checkpoint,
    id: uuid6(0),
    channel_values: Object.fromEntries(values) as Record<string, unknown>,
    channel_versions: keys(checkpoint.channel_versions, channel),
    versions_seen: Object.fromEntries(seen) as Checkpoint["versions_seen"],
  };
};

/** Moves a thread to the new names, by a checkpoint of its own; answers the new newest one. */
export const migrateThread = async (
  saver: FencedSaver,
  thread: { readonly key: string; readonly token: number },
  head: CheckpointTuple,
  renamed: Renamed,
): Promise<CheckpointTuple> => {
  const checkpoint = renamedCheckpoint(head.checkpoint, renamed);
  const place = { thread_id: thread.key, checkpoint_ns: "" };
  await saver.put(
    { configurable: { ...place, checkpoint_id: head.checkpoint.id, fence: thread.token } },
    checkpoint,
    {
      ...head.metadata,
      source: "update",
      step: (head.metadata?.step ?? -1) + 1,
      parents: head.metadata?.parents ?? {},
    },
    checkpoint.channel_versions,
  );
  const moved = await saver.getTuple({ configurable: { ...place, checkpoint_id: checkpoint.id } });
  return moved ?? { ...head, checkpoint };
};
