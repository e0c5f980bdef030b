// Filters over metadata mean the same on every Records: the table of cases, then any JSON at all against
// a plain model of containment.
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json, JsonObject, MetadataFilter, OpenRecords } from "../../src/storage/index.ts";
import type { Opened } from "../storage/stores.ts";
import { type Open, scope } from "./records-fixtures.ts";

const CASES: readonly (readonly [metadata: JsonObject, part: JsonObject, matches: boolean])[] = [
  [{ a: 1 }, {}, true],
  [{ a: 1 }, { a: 1 }, true],
  [{ a: 1 }, { a: 1.0 }, true],
  [{ a: 1 }, { a: "1" }, false],
  [{ a: 1 }, { a: true }, false],
  [{ a: true }, { a: true }, true],
  [{ a: false }, { a: null }, false],
  [{ a: null }, { a: null }, true],
  [{}, { a: null }, false],
  [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, true],
  [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }, false],
  [{ a: { b: 1 } }, { a: {} }, true],
  [{ a: 1 }, { a: {} }, false],
  [{ a: [1, 2, 3] }, { a: [3, 1] }, true],
  [{ a: [1, 2] }, { a: 1 }, false],
  [{ a: ["x"] }, { a: [] }, true],
  [{ a: [{ b: 1, c: 2 }] }, { a: [{ c: 2 }] }, true],
  [{ a: [[1, 2]] }, { a: [[2]] }, true],
  [{ a: '{"b":1}' }, { a: { b: 1 } }, false],
  [{ "a.b": 1 }, { "a.b": 1 }, true],
  [{ a: { b: 1 } }, { "a.b": 1 }, false],
  [{ "q\"'": "x" }, { "q\"'": "x" }, true],
  [{ $or: "x" }, { $or: "x" }, true],
  [{ a: "' OR 1=1 --" }, { a: "' OR 1=1 --" }, true],
  [{ a: "x" }, { a: "' OR 1=1 --" }, false],
  [JSON.parse('{"__proto__":{"admin":true}}'), JSON.parse('{"__proto__":{"admin":true}}'), true],
  [{}, JSON.parse('{"__proto__":{"admin":true}}'), false],
  [{ "é😀": "ß" }, { "é😀": "ß" }, true],
  [{ "\0k": "\0" }, { "\0k": "\0" }, true],
  [{ a: "\0" }, { a: "" }, false],
  [{ a: "\ud800" }, { a: "\ud800" }, true],
  [{ a: "\ufdd0" }, { a: "\ufdd0" }, true],
  [{ a: "\ufdd00000" }, { a: "\0" }, false],
  [{ "": 1 }, { "": 1 }, true],
  [{ a: "A" }, { a: "a" }, false],
  [{ a: 9007199254740992 }, { a: 9007199254740992 }, true],
  [{ a: 0.1 }, { a: 0.1 }, true],
  [{ a: -0 }, { a: 0 }, true],
];

const FILTERS: readonly (readonly [
  metadata: JsonObject,
  filter: MetadataFilter,
  matches: boolean,
])[] = [
  [{ owner: "ann" }, { owner: "ann" }, true],
  [{ owner: "ann" }, { owner: { $eq: "ann" } }, true],
  [{ owner: "bob" }, { owner: { $eq: "ann" } }, false],
  [{}, { owner: { $eq: null } }, false],
  [{ owner: null }, { owner: { $eq: null } }, true],
  [{ owner: { id: 1, x: 2 } }, { owner: { $eq: { id: 1 } } }, false],
  [{ owner: { x: [1, { y: 2 }], id: 1 } }, { owner: { $eq: { id: 1, x: [1, { y: 2 }] } } }, true],
  [{ owner: { x: [2, 1] } }, { owner: { $eq: { x: [1, 2] } } }, false],
  [{ owner: { id: 1, x: 2 } }, { owner: { id: 1 } }, true],
  [{ groups: ["x", "y"] }, { groups: { $contains: "x" } }, true],
  [{ groups: ["x", "y"] }, { groups: { $contains: ["y", "x"] } }, true],
  [{ groups: ["x"] }, { groups: { $contains: ["y", "x"] } }, false],
  [{ groups: "x" }, { groups: { $contains: "x" } }, false],
  [{ 'a"b': ["x"] }, { 'a"b': { $contains: "x" } }, true],
  [{ a: 1, b: 2 }, { a: 1, b: 2 }, true],
  [{ a: 1, b: 3 }, { a: 1, b: 2 }, false],
  [{ a: 1 }, { $or: [{ a: 2 }, { a: 1 }] }, true],
  [{ a: 3 }, { $or: [{ a: 2 }, { a: 1 }] }, false],
  [{ a: 3 }, { $or: [] }, false],
  [{ a: 1, b: 2 }, { $and: [{ a: 1 }, { $or: [{ b: 1 }, { b: 2 }] }] }, true],
  [{ a: 1, b: 3 }, { $and: [{ a: 1 }, { $or: [{ b: 1 }, { b: 2 }] }] }, false],
];

const within = (whole: Json | undefined, part: Json): boolean => {
  if (typeof part !== "object" || part === null) return whole === part;
  if (Array.isArray(part))
    return (
      Array.isArray(whole) && part.every((one) => (whole as Json[]).some((has) => within(has, one)))
    );
  return (
    typeof whole === "object" &&
    whole !== null &&
    !Array.isArray(whole) &&
    Object.entries(part).every(
      ([key, one]) => Object.hasOwn(whole, key) && within((whole as JsonObject)[key], one),
    )
  );
};

// No backslashes: after an object with the key `\` V8 (Node 24.21) parses a key `"` as `\`.
const text = fc.oneof(
  fc.constantFrom("a", "b", "a.b", '"', "$eq", "'", "__proto__", "\0", "\ud83d", "é", "[0]"),
  fc.string({ maxLength: 3 }).filter((string) => !string.includes("\\")),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(text, fc.integer({ min: -2, max: 2 }), fc.boolean(), fc.constant(null)),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(text, tie("json"), { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Json>,
  ),
}));
const object = fc.dictionary(text, json, { maxKeys: 3, noNullPrototype: true });

export const filtersContract = (open: Open): void => {
  let opened: Opened;
  let records: OpenRecords;
  beforeEach(async () => {
    opened = await open();
    records = opened.records;
  });
  afterEach(() => opened.close());

  it("a part of the metadata finds what contains it", async () => {
    for (const [index, [metadata]] of CASES.entries())
      await records.threads.create(scope, { id: `t${index}`, metadata }, "raise");
    for (const [index, [, part, matches]] of CASES.entries()) {
      const ids = [`t${index}`];
      const count = await records.threads.count(scope, { ids, metadata: part });
      expect([index, part, count]).toEqual([index, part, matches ? 1 : 0]);
    }
  });

  it("a filter of an auth handler shows what it says and hides the rest", async () => {
    for (const [index, [metadata, filter, matches]] of FILTERS.entries()) {
      await records.threads.create(scope, { id: `t${index}`, metadata }, "raise");
      const count = await records.threads.count({ ...scope, filter }, { ids: [`t${index}`] });
      expect([index, filter, count]).toEqual([index, filter, matches ? 1 : 0]);
    }
  });

  it("a filter that is not understood is refused, never passed over", async () => {
    let deep: JsonObject = {};
    for (let depth = 0; depth < 50; depth += 1) deep = { deep };
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [index, 1]));
    const bad = [{ a: { $ne: 1 } }, { $not: [] }, { $or: { a: 1 } }, { $and: [1] }, { a: deep }];
    for (const filter of [...bad, wide] as MetadataFilter[])
      await expect(records.threads.count({ ...scope, filter }, {})).rejects.toThrow(
        expect.objectContaining({ code: "REQUEST_INVALID" }),
      );
  });

  describe("any JSON", () => {
    it("is found by any part of it, and by nothing else", async () => {
      let id = 0;
      await fc.assert(
        fc.asyncProperty(object, object, async (metadata, part) => {
          const thread = `p${(id += 1)}`;
          await records.threads.create(scope, { id: thread, metadata }, "raise");
          const count = (wanted: JsonObject) =>
            records.threads.count(scope, { ids: [thread], metadata: wanted });
          expect(await count(metadata)).toBe(1);
          expect(await count(part)).toBe(within(metadata, part) ? 1 : 0);
          expect((await records.threads.get(scope, thread)).metadata).toEqual(metadata);
        }),
        { numRuns: 300, seed: 20261122 },
      );
    });
  });
};
