// The head of a checkpoint: everything but its values and its id, as bytes. It stands alone: no other
// checkpoint is needed to read it. Format 1:
//   1, shape key (8), parent block, v, ts, versions table, version of each channel, versions seen,
//   slots in the order of the shape, metadata
import type { Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { decode, encode } from "../serializer/serializer.ts";
import { ByteReader, recordWriter, type ByteWriter } from "./bytes.ts";
import { packId, unpackId } from "./ids.ts";
import { readSlot, writeSlot, type Slot } from "./refs.ts";
import type { Shape, ShapeCache } from "./shapes.ts";
import { isOurVersion, joinVersion, splitVersion } from "./versions.ts";

type Version = string | number;
/** Channel names of versions, of values, and the nodes with the channels they have seen. */
type HeadNames = [string[], string[], [string, string[]][]];

/** A head as bytes, and where its slots lie, so that slots can be changed without the rest. */
export interface HeadBytes {
  readonly bytes: Buffer;
  readonly slotsStart: number;
  readonly slotsEnd: number;
  /** Undefined when it was read: then its shape is stored. */
  readonly shape: Shape | undefined;
}

export interface Head {
  readonly v: number;
  readonly ts: string;
  readonly parent: string | undefined;
  readonly versions: ReadonlyMap<string, Version>;
  readonly seen: readonly (readonly [string, readonly (readonly [string, Version])[]])[];
  readonly slots: ReadonlyMap<string, Slot>;
  readonly metadata: CheckpointMetadata;
  readonly encoded: HeadBytes;
}

const FORMAT = 1;
const OURS = 0;
const NUMBER = 1;
const TEXT = 2;

const EMPTY_LIST = encode([]);

/**
 * Whether no channel of a checkpoint triggers a node. A node behind a join may still wait: its
 * trigger is not told by its name.
 */
export const isIdle = (slots: ReadonlyMap<string, Slot>): boolean =>
  ![...slots].some(
    ([name, slot]) =>
      name === "__start__" ||
      name.startsWith("branch:to:") ||
      (name === "__pregel_tasks" &&
        !(slot.kind === "one" && slot.ref.inline?.equals(EMPTY_LIST) === true)),
  );

type Versions = Readonly<Record<string, Version>>;

// Checkpoints of other programs may lack a part.
const partsOf = (
  checkpoint: Partial<Checkpoint>,
): { channels: Versions; nodes: Readonly<Record<string, Versions>> } => ({
  channels: checkpoint.channel_versions ?? {},
  nodes: checkpoint.versions_seen ?? {},
});

const namesOf = (checkpoint: Checkpoint, slots: ReadonlyMap<string, Slot>): HeadNames => {
  const { channels, nodes } = partsOf(checkpoint);
  const seen = Object.entries(nodes).map(([node, own]): [string, string[]] => [
    node,
    Object.keys(own),
  ]);
  return [Object.keys(channels), [...slots.keys()], seen];
};

const isEqualTo = (names: readonly string[], keys: readonly string[]): boolean => {
  if (names.length !== keys.length) return false;
  for (let i = 0; i < keys.length; i += 1) if (names[i] !== keys[i]) return false;
  return true;
};

// The names of a checkpoint are nearly always those of its parent.
const isShapeOf = (
  shape: Shape,
  checkpoint: Checkpoint,
  slots: ReadonlyMap<string, Slot>,
): boolean => {
  const [versions, values, seen] = shape.names as HeadNames;
  const { channels, nodes } = partsOf(checkpoint);
  if (values.length !== slots.size || !isEqualTo(versions, Object.keys(channels))) return false;
  let i = 0;
  for (const name of slots.keys()) if (values[i++] !== name) return false;
  const keys = Object.keys(nodes);
  if (keys.length !== seen.length) return false;
  for (let at = 0; at < keys.length; at += 1) {
    const [node, names] = seen[at] as [string, string[]];
    if (node !== keys[at] || !isEqualTo(names, Object.keys(nodes[node] ?? {}))) return false;
  }
  return true;
};

const writeVersion = (out: ByteWriter, version: Version): void => {
  if (isOurVersion(version)) {
    const { counter, random } = splitVersion(version);
    out.byte(OURS).varint(counter).varint(random);
  } else if (typeof version === "number") out.byte(NUMBER).text(String(version));
  else out.byte(TEXT).text(version);
};

const readVersion = (input: ByteReader): Version => {
  const kind = input.byte();
  if (kind === OURS) return joinVersion(input.varint(), input.varint());
  return kind === NUMBER ? Number(input.text()) : input.text();
};

const writeVersions = (out: ByteWriter, checkpoint: Checkpoint): void => {
  const table = new Map<Version, number>();
  const indexes: number[] = [];
  const index = (versions: Versions): void => {
    for (const name of Object.keys(versions)) {
      const version = versions[name] as Version;
      let at = table.get(version);
      if (at === undefined) table.set(version, (at = table.size));
      indexes.push(at);
    }
  };
  const { channels, nodes } = partsOf(checkpoint);
  index(channels);
  for (const node of Object.keys(nodes)) index(nodes[node] ?? {});
  out.varint(table.size);
  for (const version of table.keys()) writeVersion(out, version);
  for (const at of indexes) out.varint(at);
};

const writeTime = (out: ByteWriter, ts: string): void => {
  const ms = Date.parse(ts);
  const isIso = ms >= 0 && new Date(ms).toISOString() === ts;
  if (isIso) out.byte(0).varint(ms);
  else out.byte(1).text(ts);
};

const SOURCES = ["input", "loop", "update", "fork"];

const isEmptyRecord = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

// Nearly all metadata are {source, step, parents: {}}; that takes two or three bytes.
const writeMetadata = (out: ByteWriter, metadata: CheckpointMetadata): void => {
  const source = SOURCES.indexOf(metadata?.source);
  const keys = Object.keys(metadata ?? {});
  const step = metadata?.step;
  const isUsual =
    keys.length === 3 && keys[0] === "source" && keys[1] === "step" && keys[2] === "parents";
  if (
    isUsual &&
    source >= 0 &&
    Number.isInteger(step) &&
    step >= -2 &&
    isEmptyRecord(metadata.parents)
  ) {
    out.byte(source).varint(step + 2);
  } else out.byte(0xff).block(encode(metadata));
};

const readMetadata = (input: ByteReader): CheckpointMetadata => {
  const kind = input.byte();
  if (kind === 0xff) return decode(input.block()) as CheckpointMetadata;
  return { source: SOURCES[kind] as "loop", step: input.varint() - 2, parents: {} };
};

/** What a checkpoint's head is made of. */
export interface HeadParts {
  readonly checkpoint: Checkpoint;
  readonly metadata: CheckpointMetadata;
  readonly parent: string | undefined;
  readonly slots: ReadonlyMap<string, Slot>;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * `like` is the shape of a checkpoint that may have the same names.
 * @throws CheckpointError CHECKPOINT_INVALID when metadata cannot be stored.
 */
export const encodeHead = (
  { checkpoint, metadata, parent, slots }: HeadParts,
  shapes: ShapeCache,
  like: Shape | undefined,
): HeadBytes & { readonly shape: Shape } => {
  const shape =
    like !== undefined && isShapeOf(like, checkpoint, slots)
      ? like
      : shapes.of(namesOf(checkpoint, slots));
  const out = recordWriter.clear().byte(FORMAT).raw(shape.key);
  out.block(parent === undefined ? NO_BYTES : packId(parent)).varint(checkpoint.v);
  writeTime(out, checkpoint.ts);
  writeVersions(out, checkpoint);
  const slotsStart = out.length;
  for (const slot of slots.values()) writeSlot(out, slot);
  const slotsEnd = out.length;
  writeMetadata(out, metadata);
  return { bytes: out.done(), slotsStart, slotsEnd, shape };
};

/** The same head with other values in its slots. */
export const withSlots = (head: HeadBytes, slots: ReadonlyMap<string, Slot>): HeadBytes => {
  const out = recordWriter.clear().raw(head.bytes.subarray(0, head.slotsStart));
  for (const slot of slots.values()) writeSlot(out, slot);
  const slotsEnd = out.length;
  out.raw(head.bytes.subarray(head.slotsEnd));
  return { ...head, bytes: out.done(), slotsEnd };
};

/** The key of the shape that must be loaded before `decodeHead`. */
export const shapeKeyOf = (bytes: Buffer): Buffer => bytes.subarray(1, 9);

/** @throws RangeError or TypeError when the bytes are damaged; callers name the record. */
export const decodeHead = (bytes: Buffer, shapes: ShapeCache): Head => {
  const input = new ByteReader(bytes);
  if (input.byte() !== FORMAT) throw new RangeError("unknown format of a checkpoint");
  const [versionNames, valueNames, seenNames] = shapes.get(input.raw(8)) as HeadNames;
  const parent = input.block();
  const v = input.varint();
  const ts = input.byte() === 0 ? new Date(input.varint()).toISOString() : input.text();
  const table: Version[] = [];
  for (let left = input.varint(); left > 0; left -= 1) table.push(readVersion(input));
  const next = (): Version => {
    const version = table[input.varint()];
    if (version === undefined) throw new RangeError("a version is missing");
    return version;
  };
  const versions = new Map(versionNames.map((name) => [name, next()]));
  const seen = seenNames.map(
    ([node, names]) => [node, names.map((name) => [name, next()] as const)] as const,
  );
  const slotsStart = input.position;
  const slots = new Map(valueNames.map((name) => [name, readSlot(input)]));
  const slotsEnd = input.position;
  const metadata = readMetadata(input);
  return {
    v,
    ts,
    parent: parent.length === 0 ? undefined : unpackId(parent),
    versions,
    seen,
    slots,
    metadata,
    encoded: { bytes, slotsStart, slotsEnd, shape: undefined },
  };
};

const define = (target: Record<string, unknown>, key: string, value: unknown): void => {
  if (key !== "__proto__") target[key] = value;
  else
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
};

const record = <V>(entries: Iterable<readonly [string, V]>): Record<string, V> => {
  const result: Record<string, V> = {};
  for (const [key, value] of entries) define(result, key, value);
  return result;
};

/** The checkpoint of a head, given its values. */
export const checkpointOf = (
  id: string,
  head: Head,
  values: ReadonlyMap<string, unknown>,
): Checkpoint => ({
  v: head.v,
  id,
  ts: head.ts,
  channel_values: record(values),
  channel_versions: record(head.versions),
  versions_seen: record(head.seen.map(([node, seen]) => [node, record(seen)])),
});
