import { describe, expect, it } from "vitest";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { TuttiError } from "../../src/errors.ts";
import { errorValue, toWire, wireText } from "../../src/runs/wire-values.ts";

describe("values on the wire", () => {
  it("messages are flat, wherever they are", () => {
    const wire = toWire({ messages: [new HumanMessage({ content: "hi", id: "1" })] });
    expect(wire).toMatchObject({ messages: [{ type: "human", content: "hi", id: "1" }] });
    expect(toWire(new AIMessage("x"))).toMatchObject({ type: "ai", content: "x", tool_calls: [] });
  });

  it("plain data is itself", () => {
    const value = { a: [1, "two", null, { b: true }] };
    expect(toWire(value)).toBe(value);
  });

  it("what JSON has no place for is said in its terms", () => {
    const value = {
      big: 12n,
      map: new Map([["a", 1n]]),
      set: new Set([1]),
      at: new Date(0),
      bytes: new Uint8Array([1, 2]),
      error: new RangeError("far"),
      nothing: undefined,
      run: () => 1,
      not: Number.NaN,
    };
    expect(JSON.parse(wireText(value))).toEqual({
      big: "12",
      map: { a: "1" },
      set: [1],
      at: "1970-01-01T00:00:00.000Z",
      bytes: "AQI=",
      error: { error: "RangeError", message: "far" },
      not: null,
    });
    expect(wireText(undefined)).toBe("null");
  });

  it("circles, great depth and hostile keys do no harm", () => {
    const circle: Record<string, unknown> = { big: 1n };
    circle["self"] = circle;
    expect(JSON.parse(wireText(circle))).toEqual({ big: "1", self: "[circular]" });
    let deep: unknown = 1n;
    for (let i = 0; i < 5_000; i += 1) deep = [deep];
    expect(wireText(deep)).toContain("[too deep]");
    const hostile = JSON.parse(
      '{"__proto__":{"admin":true},"lc":1,"type":"constructor","id":["evil"]}',
    ) as unknown;
    expect(wireText({ hostile, big: 1n })).toBe(
      '{"hostile":{"__proto__":{"admin":true},"lc":1,"type":"constructor","id":["evil"]},"big":"1"}',
    );
  });

  it("errors have a name and a message; ours a code and a hint", () => {
    expect(errorValue(new TypeError("x"))).toEqual({ error: "TypeError", message: "x" });
    expect(errorValue(new TuttiError("CONFLICT", "x", { hint: "y" }))).toEqual({
      error: "CONFLICT",
      message: "x",
      hint: "y",
    });
    expect(errorValue({ odd: 1n })).toEqual({ error: "Error", message: '{"odd":"1"}' });
  });
});
