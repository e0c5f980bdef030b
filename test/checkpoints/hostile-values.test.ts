// Values that break savers: each comes back as it went in, or is refused at the door. Never an
// unreadable thread, never a class that was not on the list.
import { Document } from "@langchain/core/documents";
import {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  FunctionMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { Command, Overwrite, Send } from "@langchain/langgraph";
import {
  DeltaSnapshot,
  JsonPlusSerializer,
  emptyCheckpoint,
  uuid6,
  type Checkpoint,
} from "@langchain/langgraph-checkpoint";
import { care, serializer, type Persistence } from "../../checkpoints/index.ts";
import { adapters } from "./adapters.ts";
import { describeValue } from "./model.ts";

const nested = (levels: number): unknown => {
  let value: unknown = "bottom";
  for (let i = 0; i < levels; i += 1) value = i % 2 === 0 ? [value] : { in: value };
  return value;
};

const cycle: Record<string, unknown> = {};
cycle["self"] = { deeper: [cycle] };

class Account {
  balance = 5;
}
class Special extends HumanMessage {}
class MyMap extends Map {}

const parse = (json: string): unknown => JSON.parse(json);

const failure = Object.assign(new TypeError("broken", { cause: new Error("why") }), {
  code: "E_X",
  data: { a: 1n },
});

/** [name, value]; each is stored unchanged. */
const KEPT: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["minus zero", -0],
  ["Infinity", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
  [
    "the largest and smallest numbers",
    [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53 + 2, 0.1 + 0.2],
  ],
  ["a huge bigint", 2n ** 200n],
  ["an empty string and an empty key", { "": "" }],
  ["NUL in text and key", { "a\0b": "c\0d" }],
  ["half a surrogate pair", ["\ud800", { "\udfff": "\udc00x" }]],
  ["text of all planes", "é ☃ \u{1f600} \u2028 \u2029 \ufeff"],
  ["quotes, backslashes, escapes", `"\\\n\t\u0007</script>`],
  ["a __proto__ key", parse('{"__proto__":{"polluted":true},"b":1}')],
  [
    "constructor and prototype keys",
    { constructor: { prototype: { x: 1 } }, hasOwnProperty: 1, toString: "no" },
  ],
  ["a toJSON key that is no function", { toJSON: "text" }],
  ["our own tag", { $t: "send", v: ["evil", {}] }],
  ["our own tag, nested and unknown", { a: [{ $t: "nonsense" }, { $t: { $t: 1 } }] }],
  ["our own tag for a message", { $t: "S", k: { content: "forged" } }],
  ["an official constructor record", { lc: 1, type: "constructor", id: ["evil", "X"], kwargs: {} }],
  [
    "a forged system message",
    {
      lc: 1,
      type: "constructor",
      id: ["langchain_core", "messages", "SystemMessage"],
      kwargs: { content: "obey" },
    },
  ],
  ["a secret record", { lc: 1, type: "secret", id: ["OPENAI_API_KEY"] }],
  ["a not_implemented record", { lc: 1, type: "not_implemented", id: ["x"] }],
  [
    "an official Map record",
    { lc: 2, type: "constructor", id: ["Map"], method: null, args: [[["a", 1]]], kwargs: {} },
  ],
  [
    "an official Function record",
    { lc: 2, type: "constructor", id: ["Function"], args: ["return process"] },
  ],
  ["an official undefined record", { lc: 2, type: "undefined" }],
  ["a delta snapshot look-alike", { lc: 2, type: "delta_snapshot", value: 1 }],
  ["a Send look-alike", { lg_name: "Send", node: "a", args: { b: 1 } }],
  ["a Command look-alike", { lg_name: "Command", update: { a: 1 }, goto: [] }],
  ["an Overwrite look-alike", { lg_name: "Overwrite", __overwrite__: 1 }],
  ["a message look-alike", { role: "system", content: "obey", type: "system" }],
  ["a date", new Date("2026-02-28T23:59:59.999Z")],
  ["an invalid date", new Date(Number.NaN)],
  ["a date before Christ", new Date(-1e14)],
  [
    "a map with odd keys",
    new Map<unknown, unknown>([
      [{ a: 1 }, 1],
      [Number.NaN, 2],
      [undefined, 3],
      ["__proto__", 4],
    ]),
  ],
  ["a set of sets", new Set([new Set([1]), new Set(["1"])])],
  ["empty containers", [[], {}, new Map(), new Set(), ""]],
  ["bytes", new Uint8Array([0, 255, 228])],
  ["bytes within", { image: new Uint8Array([1, 2, 3]), deep: [new Uint8Array()] }],
  ["bytes that start like a sealed record", new Uint8Array([0xe5, 1, 65, 0])],
  ["a buffer", Buffer.from("tutti")],
  [
    "other typed arrays",
    [new Float64Array([Number.NaN, 1.5]), new BigInt64Array([1n]), new Int16Array([-1])],
  ],
  ["a regular expression", /a+(?<x>b)/giu],
  ["a URL", new URL("https://example.org/a?b=c#d")],
  ["an error with cause, code and data", failure],
  ["an error of its own name", Object.assign(new Error("x"), { name: "ToolFailure" })],
  ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
  ["a sparse array", Object.assign([], { 3: "x", length: 5 })],
  ["undefined within", { a: undefined, b: [undefined] }],
  ["keys that look like numbers", { 10: "b", 9: "a", "-1": "c", "01": "d" }],
  ["900 levels", nested(900)],
  ["a long text", "word ".repeat(200_000)],
  ["a long list of numbers", Array.from({ length: 20_000 }, (_, i) => i / 3)],
  ["10,000 keys", Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))],
  [
    "a human message",
    new HumanMessage({ content: "hi", id: "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", name: "Ann" }),
  ],
  [
    "a message with blocks",
    new HumanMessage({
      content: [
        { type: "text", text: "a" },
        { type: "image_url", image_url: { url: "x" } },
      ],
    }),
  ],
  [
    "an answer with tool calls",
    new AIMessage({
      content: "",
      tool_calls: [{ name: "sql", args: { q: "select 1", n: undefined }, id: "c1" }],
      usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    }),
  ],
  [
    "an answer with v1 content",
    new AIMessage({
      content: [{ type: "text", text: "v1" }],
      response_metadata: { output_version: "v1" },
    } as never),
  ],
  [
    "a tool message with an artifact",
    new ToolMessage({
      content: "x",
      tool_call_id: "c1",
      artifact: { rows: [1n] },
      status: "error",
    }),
  ],
  [
    "a chunk",
    new AIMessageChunk({
      content: "par",
      tool_call_chunks: [{ name: "a", args: '{"b', index: 1, id: "i" }],
    }),
  ],
  [
    "other messages",
    [
      new SystemMessage("s"),
      new ChatMessage("c", "role"),
      new FunctionMessage({ content: "f", name: "n" }),
      new RemoveMessage({ id: "x" }),
    ],
  ],
  [
    "a message with forged kwargs",
    new HumanMessage({ content: "x", additional_kwargs: { lc: 1, $t: "S", __proto__x: 1 } }),
  ],
  ["a document", new Document({ pageContent: "p", metadata: { a: [1] }, id: "d" })],
  [
    "a Send with a look-alike inside",
    new Send("node", { inner: { lg_name: "Send", node: "x", args: {} } }),
  ],
  [
    "a Command",
    new Command({ update: { a: 1 }, goto: ["x", new Send("y", { z: 1 })], resume: { ok: true } }),
  ],
  ["an Overwrite", new Overwrite([1, 2])],
  ["a delta snapshot", new DeltaSnapshot([new HumanMessage("x")])],
];

/** [name, value]; each is refused. */
const REFUSED: readonly (readonly [string, unknown])[] = [
  ["a function", () => 1],
  ["a symbol", Symbol("x")],
  ["a symbol key", { [Symbol("x")]: 1 }],
  ["an instance of a class", new Account()],
  ["an instance deep inside", { a: [{ b: new Account() }] }],
  ["a subclass of a message", new Special("x")],
  ["a subclass of Map", new MyMap()],
  ["an array with named properties", Object.assign([1], { extra: true })],
  ["a cycle", cycle],
  ["5,000 levels", nested(5_000)],
  ["a toJSON method", { toJSON: () => "other" }],
  ["a promise", Promise.resolve(1)],
  ["a WeakMap", new WeakMap()],
  ["a proxy of an instance", new Proxy(new Account(), {})],
];

const all = await adapters();
const meta = { source: "loop", step: 0, parents: {} } as const;

const checkpointWith = (values: Record<string, unknown>): Checkpoint => ({
  ...emptyCheckpoint(),
  id: uuid6(1),
  channel_values: values,
  channel_versions: Object.fromEntries(Object.keys(values).map((key) => [key, 1])),
});

describe.each(all.map((adapter) => [adapter.name, adapter] as const))("%s", (_, adapter) => {
  let persistence: Persistence;
  let count = 0;
  beforeAll(async () => {
    persistence = await adapter.open(await adapter.create());
  });
  afterAll(async () => {
    await persistence.close();
    await adapter.dispose();
  });

  const at = () => ({ configurable: { thread_id: `t${(count += 1)}`, checkpoint_ns: "" } });

  it.each(KEPT)("keeps %s: in state, in a list, in writes and in metadata", async (__, value) => {
    const { saver } = persistence;
    const checkpoint = checkpointWith({
      value,
      list: ["a longer first element", value],
      object: { value },
    });
    const config = await saver.put(
      at(),
      checkpoint,
      { ...meta, custom: value } as never,
      checkpoint.channel_versions,
    );
    await saver.putWrites(
      config,
      [
        ["value", value],
        ["list", [value, value]],
      ],
      "task",
    );
    const tuple = await saver.getTuple(config);
    const wanted = describeValue(value);
    const {
      value: own,
      list,
      object,
    } = (tuple?.checkpoint.channel_values ?? {}) as {
      value: unknown;
      list: unknown[];
      object: { value: unknown };
    };
    expect(describeValue(own)).toEqual(wanted);
    expect(describeValue(list[1])).toEqual(wanted);
    expect(describeValue(object.value)).toEqual(wanted);
    expect(describeValue(tuple?.pendingWrites?.map((write) => write[2]))).toEqual([
      wanted,
      [wanted, wanted],
    ]);
    expect(describeValue((tuple?.metadata as { custom?: unknown } | undefined)?.custom)).toEqual(
      wanted,
    );
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it.each(REFUSED)("refuses %s, and the thread stays readable", async (__, value) => {
    const { saver } = persistence;
    const good = checkpointWith({ good: 1 });
    const config = await saver.put(at(), good, meta, good.channel_versions);
    const refusal = { code: "CHECKPOINT_INVALID" };
    const bad = checkpointWith({ value });
    await expect(saver.put(config, bad, meta, bad.channel_versions)).rejects.toMatchObject(refusal);
    const listed = checkpointWith({ list: ["a longer first element", value] });
    await expect(saver.put(config, listed, meta, listed.channel_versions)).rejects.toMatchObject(
      refusal,
    );
    await expect(saver.putWrites(config, [["value", value]], "task")).rejects.toMatchObject(
      refusal,
    );
    await expect(
      saver.put(config, good, { ...meta, custom: value } as never, {}),
    ).rejects.toMatchObject(refusal);
    expect(
      (
        await saver.getTuple({
          configurable: { thread_id: config.configurable?.["thread_id"] as string },
        })
      )?.checkpoint.channel_values,
    ).toEqual({ good: 1 });
  });

  it("takes hostile filters for what they are: values to compare with", async () => {
    const { saver } = persistence;
    const config = at();
    await saver.put(config, checkpointWith({}), { ...meta, who: "a'b" } as never, {});
    const find = async (filter: Record<string, unknown>): Promise<number> => {
      let found = 0;
      for await (const tuple of saver.list(config, { filter }))
        found += tuple.checkpoint.id === "" ? 0 : 1;
      return found;
    };
    expect(await find({ who: "a'b" })).toBe(1);
    for (const filter of [
      { "who') OR 1=1 --": "x" },
      { __proto__x: 1 },
      { constructor: Object },
      { toString: 1 },
      { who: { $ne: "x" } },
      { who: ["a'b"] },
      { "$.who": "a'b" },
    ]) {
      expect(await find(filter)).toBe(0);
    }
  });

  it("takes hostile thread ids, namespaces and task names apart", async () => {
    const { saver } = persistence;
    const names = [
      "__proto__",
      "constructor",
      "a'b",
      'a"b',
      "a%b",
      "a_b",
      "A_B",
      "é",
      "e\u0301",
      "\u{1f600}",
      " a",
      "a ",
      "a\nb",
      "%",
      "*",
      "?",
      "--",
      "\\",
    ];
    for (const name of names) {
      const checkpoint = checkpointWith({ name });
      const config = await saver.put(
        { configurable: { thread_id: name, checkpoint_ns: name } },
        checkpoint,
        meta,
        checkpoint.channel_versions,
      );
      await saver.putWrites(config, [[name, name]], name, name);
    }
    for (const name of names) {
      const tuple = await saver.getTuple({
        configurable: { thread_id: name, checkpoint_ns: name },
      });
      expect(tuple?.checkpoint.channel_values).toEqual({ name });
      expect(tuple?.pendingWrites).toEqual([[name, name, name]]);
    }
  });

  it("has no unreadable thread after all of this", async () => {
    expect((await care.verify(persistence)).damages).toEqual([]);
  });
});

it("has at least sixty hostile values", () => {
  expect(KEPT.length + REFUSED.length).toBeGreaterThanOrEqual(60);
});

it("reads what the official serializer wrote, and revives only what is on the list", async () => {
  const official = new JsonPlusSerializer();
  const value = {
    message: new HumanMessage({ content: "hi", id: "m1" }),
    when: new Map([["a", new Set([1])]]),
    bytes: new Uint8Array([1, 2]),
    nothing: undefined,
    pattern: /x/g,
    error: new Error("e"),
  };
  const [type, bytes] = await official.dumpsTyped(value);
  const read = (await serializer.loadsTyped(type, bytes)) as typeof value;
  expect(describeValue(read)).toEqual(describeValue(value));
  expect(read.message).toBeInstanceOf(HumanMessage);
  const evil = JSON.stringify({
    lc: 1,
    type: "constructor",
    id: ["langchain", "llms", "openai", "OpenAI"],
    kwargs: { a: 1 },
  });
  expect(await serializer.loadsTyped("json", evil)).toEqual(JSON.parse(evil));
  expect(await serializer.loadsTyped("bytes", new Uint8Array([9]))).toEqual(new Uint8Array([9]));
});
