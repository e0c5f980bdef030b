// Turns any accepted value into plain JSON data in which whatever JSON cannot say is an object with
// the one reserved key "$t". User objects that have such a key are escaped, so that nothing a user
// stores can ever be taken for a tag. What cannot come back unchanged is refused here, at the door.
import type { Document } from "@langchain/core/documents";
import { CheckpointError } from "../errors.ts";
import {
  ERROR_CLASSES,
  isDocument,
  isLanggraphCommand,
  isOverwrite,
  isSend,
  isSnapshot,
  MESSAGE_SAMPLES,
  VIEW_CLASSES,
  shortNameOf,
} from "./classes.ts";

/** Deeper data are refused: readers that recurse (JSON.parse callers, other languages) would fail. */
export const MAX_DEPTH = 1_000;

const MESSAGE_SYMBOL = Symbol.for("langchain.message");
const CONSTANT_FIELDS = new Set(["lc_serializable", "lc_kwargs", "lc_namespace", "type"]);

type Plain = Record<string, unknown>;

const refuse = (what: string, path: readonly (string | number)[]): never => {
  const at = path.length === 0 ? "the value itself" : path.slice(0, 12).join(".");
  throw new CheckpointError("CHECKPOINT_INVALID", `State cannot be stored: ${what} (at ${at}).`, {
    hint: "Keep plain data, dates, maps, sets, bytes, messages and documents in state; keep anything else outside it.",
  });
};

/** One walk over one value. `tagged` tells afterwards whether the result needs `unpack`. */
export class Packer {
  tagged = false;
  /** Set to leave the id of the top-level message out of the packed form (it is stored beside it). */
  omitId = false;
  private readonly path: (string | number)[] = [];

  /** @throws CheckpointError CHECKPOINT_INVALID naming the path of what cannot be stored. */
  pack(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : this.tag("n", numberName(value));
      case "undefined":
        return this.tag("u");
      case "bigint":
        return this.tag("i", value.toString());
      case "object":
        return value === null ? null : this.nested(value);
      default:
        return refuse(`a ${typeof value} is not data`, this.path);
    }
  }

  private tag(kind: string, value?: unknown): Plain {
    this.tagged = true;
    return value === undefined ? { $t: kind } : { $t: kind, v: value };
  }

  private nested(value: object): unknown {
    if (this.path.length >= MAX_DEPTH) {
      return refuse(`it is nested deeper than ${MAX_DEPTH} levels, or contains itself`, this.path);
    }
    if (Array.isArray(value)) return this.array(value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype) return this.plain(value as Plain);
    if (prototype === null) return this.tag("np", this.entries(value as Plain));
    return this.instance(value);
  }

  private at(key: string | number, value: unknown): unknown {
    this.path.push(key);
    const packed = this.pack(value);
    this.path.pop();
    return packed;
  }

  private array(value: unknown[]): unknown {
    const names = Object.keys(value);
    if (names.length !== value.length) return this.unusualArray(value, names);
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i += 1) {
      const item = value[i];
      if (typeof item === "string") continue;
      const packed = this.at(i, item);
      if (packed !== item) (copy ??= value.slice())[i] = packed;
    }
    if (Object.getPrototypeOf(value) !== Array.prototype)
      return refuse("a subclass of Array", this.path);
    return copy ?? value;
  }

  // Holes are kept; named properties on an array are not data anyone can see in JSON.
  private unusualArray(value: unknown[], names: string[]): unknown {
    if (names.length > value.length || names.some((name) => !/^\d+$/.test(name))) {
      return refuse("an array with named properties", this.path);
    }
    const items = names.map((name) => [Number(name), this.at(name, value[Number(name)])]);
    return this.tag("sa", [value.length, items]);
  }

  private plain(value: Plain): unknown {
    if (Object.getOwnPropertySymbols(value).length > 0)
      return refuse("an object with symbol keys", this.path);
    const keys = Object.keys(value);
    let copy: Plain | undefined;
    for (const key of keys) {
      if (key === "$t" || key === "__proto__") return this.tag("o", this.entries(value));
      const item = value[key];
      if (typeof item === "string") continue;
      const packed = this.at(key, item);
      if (packed !== item) (copy ??= { ...value })[key] = packed;
    }
    // JSON.stringify would call it
    if (typeof value["toJSON"] === "function")
      return refuse("an object with a toJSON method", this.path);
    return copy ?? value;
  }

  private entries(value: Plain): unknown[] {
    if (Object.getOwnPropertySymbols(value).length > 0)
      refuse("an object with symbol keys", this.path);
    return Object.keys(value).map((key) => [key, this.at(key, value[key])]);
  }

  private instance(value: object): unknown {
    if (MESSAGE_SYMBOL in value) return this.message(value);
    if (value instanceof Date)
      return this.tag("d", value.getTime() || (value.getTime() === 0 ? 0 : null));
    if (value instanceof Map) {
      const entries = [...value].map(([key, item], i) => [this.at(i, key), this.at(i, item)]);
      return this.builtin(value, Map.prototype, "m", entries);
    }
    if (value instanceof Set) {
      const items = [...value].map((item, i) => this.at(i, item));
      return this.builtin(value, Set.prototype, "s", items);
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.bytes(value);
    if (value instanceof Error) return this.error(value);
    if (value instanceof RegExp) return this.tag("r", [value.source, value.flags, value.lastIndex]);
    if (value instanceof URL) return this.tag("url", value.href);
    if (isSnapshot(value)) return this.tag("ds", this.at("value", value.value));
    if (isDocument(value)) return this.document(value);
    return this.langgraph(value);
  }

  private builtin(value: object, prototype: object, kind: string, packed: unknown): unknown {
    if (Object.getPrototypeOf(value) !== prototype) return this.unknown(value);
    return this.tag(kind, packed);
  }

  private langgraph(value: object): unknown {
    if (isSend(value)) {
      const parts = [value.node, this.at("args", value.args)];
      if (value.timeout !== undefined) parts.push(this.at("timeout", value.timeout));
      return this.tag("send", parts);
    }
    if (isLanggraphCommand(value)) {
      const { graph, update, resume, goto } = value as unknown as Plain;
      return this.tag("cmd", this.plain({ graph, update, resume, goto }));
    }
    if (isOverwrite(value)) return this.tag("ov", this.at("value", value.value));
    return this.unknown(value);
  }

  private unknown(value: object): never {
    const name = (value.constructor as { name?: string } | undefined)?.name ?? "unknown";
    return refuse(
      `an instance of ${name} is not on the list of classes that can be stored`,
      this.path,
    );
  }

  private bytes(value: ArrayBufferView | ArrayBuffer): unknown {
    if (value instanceof ArrayBuffer) return this.tag("ab", Buffer.from(value).toString("base64"));
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
    if (Buffer.isBuffer(value)) return this.tag("buf", text);
    if (value instanceof Uint8Array) return this.tag("b", text);
    const name = value.constructor.name;
    if (VIEW_CLASSES[name] === undefined) return this.unknown(value);
    return this.tag("view", [name, text]);
  }

  // An error is a report, often from code that is not the user's: of its extra fields those that
  // are data are kept, and the rest left out, because refusing it would hide the failure itself.
  private error(value: Error): unknown {
    const name = Object.hasOwn(ERROR_CLASSES, value.constructor.name)
      ? value.constructor.name
      : "Error";
    const fields: Plain = {};
    for (const key of [...Object.keys(value), "name", "stack", "cause", "message"]) {
      if (!Object.hasOwn(value, key) && key !== "name") continue;
      if (key === "name" && value.name === name && !Object.hasOwn(value, key)) continue;
      try {
        fields[key] = this.at(key, (value as unknown as Plain)[key]);
      } catch (error) {
        this.path.length = Math.max(0, this.path.lastIndexOf(key));
        if (!(error instanceof CheckpointError)) throw error;
      }
    }
    return this.tag("e", [name, fields]);
  }

  private document({ pageContent, metadata, id }: Document): unknown {
    return this.tag("doc", [pageContent, this.at("metadata", metadata), this.at("id", id)]);
  }

  private message(value: Plain): unknown {
    const short = shortNameOf(value);
    if (short === undefined) return this.unknown(value);
    const omitId = this.omitId && this.path.length === 0;
    const kwargs = value["lc_kwargs"] as Plain;
    const fields: Plain = {};
    for (const key of Object.keys(kwargs)) {
      const item = kwargs[key];
      if (omitId && key === "id") continue;
      if (isDefault(key, item)) continue;
      fields[key] = this.at(key, item);
    }
    const changed = this.changedFields(value, short, kwargs);
    this.tagged = true;
    return changed === undefined ? { $t: short, k: fields } : { $t: short, k: fields, o: changed };
  }

  // Fields that were set after construction (`message.content = …`), or that the constructor derived.
  private changedFields(value: Plain, short: string, kwargs: Plain): Plain | undefined {
    const sample = MESSAGE_SAMPLES[short] ?? {};
    let changed: Plain | undefined;
    for (const key of Object.keys(value)) {
      if (CONSTANT_FIELDS.has(key)) continue;
      const item = value[key];
      if (Object.hasOwn(kwargs, key) ? item === kwargs[key] : isSame(item, sample[key])) continue;
      (changed ??= {})[key] = this.at(key, item);
    }
    return changed;
  }
}

const numberName = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

const isEmpty = (item: unknown): boolean =>
  typeof item === "object" &&
  item !== null &&
  (Array.isArray(item)
    ? item.length === 0
    : Object.keys(item).length === 0 && Object.getPrototypeOf(item) === Object.prototype);

const isSame = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (isEmpty(a) && isEmpty(b) && Array.isArray(a) === Array.isArray(b));

// The constructors put these back when they are missing.
const isDefault = (key: string, item: unknown): boolean =>
  (key === "additional_kwargs" || key === "response_metadata") &&
  isEmpty(item) &&
  !Array.isArray(item);
