import { describe, expect, it } from "vitest";
import { parseBudget } from "../../src/governance/index.ts";

describe("a budget is read", () => {
  it.each([
    ["2.50eur,200ktok,50calls", { microEur: 2_500_000, tokens: 200_000, calls: 50 }],
    ["2.50 EUR", { microEur: 2_500_000 }],
    ["2.3€", { microEur: 2_300_000 }],
    ["25ct", { microEur: 250_000 }],
    ["0.000001eur", { microEur: 1 }],
    ["1.5mtok", { tokens: 1_500_000 }],
    ["10min, 40steps", { minutes: 10, steps: 40 }],
    ["0.5 h , 1 call , 900 tokens", { minutes: 30, calls: 1, tokens: 900 }],
  ])("%s", (text, budget) => expect(parseBudget(text)).toEqual(budget));
});

describe("what cannot be read is a wrong usage, and the part is named", () => {
  it.each([
    ["", "a part is empty"],
    ["2eur,,3calls", "a part is empty"],
    ["eur", '"eur" cannot be read: it is not a number'],
    ["2", '"2" cannot be read: it is not a number followed by a unit'],
    ["-2eur", "it is not a number"],
    ["1e3tok", "it is not a number"],
    ["2,50eur", '"2" cannot be read'],
    ["2usd", '"usd" is no unit'],
    ["0eur", "more than nothing"],
    ["1.5calls", "calls cannot be divided"],
    ["0.0000001eur", "money cannot be divided"],
    ["99999999999999999tok", "too large"],
    ["2eur,3eur", "money is limited twice"],
    ["constructorcalls", "not a number"],
    ["2constructor", "is no unit"],
  ])("%j", (text, message) => {
    const read = () => parseBudget(text);
    expect(read).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("--budget") }),
    );
    expect(read).toThrow(message);
  });
});
