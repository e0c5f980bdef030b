import * as fc from "fast-check";
import { z } from "zod";
import { TOOL_DECLARATIONS } from "../../../src/protocol/index.ts";
import { argumentShape } from "../../../src/governance/policy/argument-shape.ts";
import { cedar } from "../../../src/governance/policy/cedar.ts";
import { cedarSchema } from "../../../src/governance/policy/cedar-schema.ts";
import {
  convertArguments,
  inspectArguments,
  UnjudgedArguments,
} from "../../../src/governance/policy/convert-arguments.ts";

const Order = z.object({
  to: z.string(),
  amount: z.number(),
  count: z.int().nullable(),
  urgent: z.boolean().optional(),
  kind: z.enum(["gift", "sale"]).default("sale"),
  tags: z.array(z.string()),
  lines: z.array(z.object({ sku: z.string(), price: z.number().nullish() })),
  address: z.object({ city: z.string().nullable(), note: z.union([z.string(), z.number()]) }),
  free: z.unknown(),
  more: z.record(z.string(), z.unknown()).optional(),
});
const shape = argumentShape({ arguments: Order });
const schema = cedarSchema({ order: shape });

const isTyped = (order: unknown) =>
  cedar().checkParseContext({
    context: {
      arguments: { order: order as never },
      costCents: 0,
      taint: [],
      time: { __extn: { fn: "datetime", arg: "2026-01-01T00:00:00.000Z" } },
    },
    schema,
    action: { type: "Action", id: "call" },
  });

const scalar = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null));
const maybe = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 9, arbitrary: value }, scalar as fc.Arbitrary<never>);
const order = fc.record(
  {
    to: maybe(fc.string()),
    amount: maybe(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
    count: maybe(fc.option(fc.integer())),
    urgent: maybe(fc.boolean()),
    kind: fc.constantFrom("gift", "sale"),
    tags: maybe(fc.array(maybe(fc.string()), { maxLength: 3 })),
    lines: fc.array(
      fc.record({ sku: fc.string(), price: fc.option(fc.float({ noNaN: true, min: 0, max: 9 })) }),
      { maxLength: 2 },
    ),
    address: fc.record({ city: fc.option(fc.string()), note: scalar }),
    free: fc.jsonValue(),
    more: fc.dictionary(fc.string(), fc.jsonValue()),
  },
  { requiredKeys: ["to", "amount", "kind", "tags", "lines", "address"] },
);

describe("arguments", () => {
  it("are either refused or exactly of the types that policies are checked against", () => {
    let converted = 0;
    fc.assert(
      fc.property(order, (given) => {
        try {
          inspectArguments(given);
          expect(isTyped(convertArguments(shape, given))).toEqual({ type: "success" });
          converted += 1;
        } catch (error) {
          if (!(error instanceof UnjudgedArguments)) throw error;
        }
      }),
      { numRuns: 500 },
    );
    expect(converted).toBeGreaterThan(50);
  });

  it("become integers where they are numbers, and lose what is null or free-form", () => {
    const given = {
      to: "bob",
      amount: 1.1,
      count: null,
      kind: "gift",
      tags: ["a", null],
      lines: [
        { sku: "x", price: 0.30001 },
        { sku: "y", price: null },
      ],
      address: { city: null, note: "n" },
      free: { any: [1.5] },
      unknown: 1,
    };
    expect(convertArguments(shape, given)).toEqual({
      to: "bob",
      amount: 11_000,
      kind: "gift",
      tags: ["a"],
      lines: [{ sku: "x", price: 3001 }, { sku: "y" }],
      address: {},
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e15, "1", [1], 2 ** 53])(
    "that are no comparable number are refused: %s",
    (amount) => {
      const given = { to: "", amount, kind: "gift", tags: [], lines: [], address: {} };
      expect(() => convertArguments(shape, given)).toThrow(/arguments\.amount must be/);
    },
  );

  it("of a schema that contains itself are seen as far as a policy can name them", () => {
    const tree = {
      type: "object",
      properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
    };
    const seen = argumentShape({ arguments: tree });
    const given = { name: "root", children: [{ name: "leaf", children: [] }] };
    expect(convertArguments(seen, given)).toMatchObject({ name: "root" });
  });

  it("of every built-in tool can be judged", () => {
    for (const tool of TOOL_DECLARATIONS) expect(argumentShape(tool).kind).toBe("record");
  });
});
