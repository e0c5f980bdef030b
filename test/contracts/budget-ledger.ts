// What every BudgetLedger must do. Call it inside a test file with a factory of empty ledgers.
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BudgetLedger } from "../../src/ports/index.ts";

export interface LedgerUnderTest {
  readonly ledger: BudgetLedger;
  close?(): Promise<void>;
}

const amounts = (tokens: number, microEur = 0, calls = 1) => ({ tokens, microEur, calls });
const spent = (tokens: number, microEur = 0, calls = 1) => ({
  ...amounts(tokens, microEur, calls),
  inputTokens: Math.floor(tokens / 2),
  outputTokens: Math.ceil(tokens / 2),
});
const none = amounts(0, 0, 0);

export const budgetLedgerContract = (create: () => Promise<LedgerUnderTest>): void => {
  let made: LedgerUnderTest;
  let ledger: BudgetLedger;
  beforeEach(async () => {
    made = await create();
    ledger = made.ledger;
  });
  afterEach(() => made.close?.());

  describe("limits", () => {
    it("are none until set, and are replaced as a whole", async () => {
      expect(await ledger.limits("a")).toEqual({});
      await ledger.limit("a", { tokens: 10, calls: 2 });
      await ledger.limit("a", { microEur: 5 });
      expect(await ledger.limits("a")).toEqual({ microEur: 5 });
      expect(await ledger.limits("b")).toEqual({});
    });

    it("do not hold back a run without any", async () => {
      expect(await ledger.reserve("a", "1", amounts(1e12, 1e12))).toEqual({ ok: true });
    });

    it("forbid what would pass one of them, say which, and how much is left", async () => {
      await ledger.limit("a", { tokens: 100, microEur: 50, calls: 2 });
      expect(await ledger.reserve("a", "1", amounts(60, 10))).toEqual({ ok: true });
      expect(await ledger.reserve("a", "2", amounts(41, 10))).toEqual({
        ok: false,
        limit: "tokens",
        left: 40,
      });
      expect(await ledger.reserve("a", "3", amounts(10, 41))).toEqual({
        ok: false,
        limit: "microEur",
        left: 40,
      });
      expect(await ledger.reserve("a", "4", amounts(40, 40))).toEqual({ ok: true });
      expect(await ledger.reserve("a", "5", amounts(0, 0))).toEqual({
        ok: false,
        limit: "calls",
        left: 0,
      });
    });

    it("of one run leave others alone", async () => {
      await ledger.limit("a", { tokens: 1 });
      expect(await ledger.reserve("b", "1", amounts(100))).toEqual({ ok: true });
      expect((await ledger.totals("a")).reserved).toEqual(none);
    });

    it("raised later let the run go on, lowered below what is spent leave nothing", async () => {
      await ledger.limit("a", { tokens: 10 });
      await ledger.reserve("a", "1", amounts(10));
      expect((await ledger.reserve("a", "2", amounts(5))).ok).toBe(false);
      await ledger.limit("a", { tokens: 20 });
      expect((await ledger.reserve("a", "2", amounts(5))).ok).toBe(true);
      await ledger.limit("a", { tokens: 3 });
      expect(await ledger.reserve("a", "3", amounts(1))).toEqual({
        ok: false,
        limit: "tokens",
        left: 0,
      });
    });
  });

  describe("settling", () => {
    it("replaces a reservation by what was spent", async () => {
      await ledger.limit("a", { tokens: 100 });
      await ledger.reserve("a", "1", amounts(100, 9));
      await ledger.settle("1", spent(31, 4));
      expect(await ledger.totals("a")).toEqual({
        settled: amounts(31, 4),
        reserved: none,
        inputTokens: 15,
        outputTokens: 16,
      });
      expect((await ledger.reserve("a", "2", amounts(69))).ok).toBe(true);
    });

    it("with nothing releases it", async () => {
      await ledger.reserve("a", "1", amounts(100));
      await ledger.settle("1", undefined);
      expect(await ledger.totals("a")).toEqual({
        settled: none,
        reserved: none,
        inputTokens: 0,
        outputTokens: 0,
      });
    });

    it("counts once, however often it is told, and ignores what was never reserved", async () => {
      await ledger.reserve("a", "1", amounts(100));
      await ledger.settle("1", spent(10));
      await ledger.settle("1", spent(10));
      await ledger.settle("1", undefined);
      await ledger.settle("unknown", spent(10));
      expect((await ledger.totals("a")).settled).toEqual(amounts(10));
    });

    it("books more than was reserved when more was spent", async () => {
      await ledger.limit("a", { tokens: 100 });
      await ledger.reserve("a", "1", amounts(100));
      await ledger.settle("1", spent(120));
      expect((await ledger.totals("a")).settled.tokens).toBe(120);
      expect(await ledger.reserve("a", "2", amounts(1))).toEqual({
        ok: false,
        limit: "tokens",
        left: 0,
      });
    });
  });

  it("turns what a killed process had reserved into spending, once, for that run only", async () => {
    await ledger.reserve("a", "1", amounts(100, 7));
    await ledger.reserve("a", "2", amounts(50, 3));
    await ledger.reserve("b", "3", amounts(10));
    await ledger.settle("1", spent(20, 2));
    await ledger.recover("a");
    await ledger.recover("a");
    await ledger.settle("2", spent(1));
    const { settled, reserved } = await ledger.totals("a");
    expect({ settled, reserved }).toEqual({ settled: amounts(70, 5, 2), reserved: none });
    expect((await ledger.totals("b")).reserved).toEqual(amounts(10));
  });

  it("never passes a limit and leaks nothing in 1,000 concurrent calls that end in any way", async () => {
    const call = fc.record({
      tokens: fc.integer({ min: 1, max: 400 }),
      microEur: fc.integer({ min: 0, max: 900 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      end: fc.constantFrom("spent", "all", "released", "twice"),
      turns: fc.integer({ min: 0, max: 4 }),
    });
    const limits = { tokens: 40_000, microEur: 90_000, calls: 450 };
    const calls = fc.sample(call, { numRuns: 1000, seed: 20261122 });
    await ledger.limit("a", limits);
    const booked = { tokens: 0, microEur: 0, calls: 0 };
    let refused = 0;
    const run = async (one: (typeof calls)[number], index: number): Promise<void> => {
      const reserved = amounts(one.tokens, one.microEur);
      const answer = await ledger.reserve("a", `${index}`, reserved);
      const { settled, reserved: open } = await ledger.totals("a");
      for (const name of ["tokens", "microEur", "calls"] as const) {
        expect(settled[name] + open[name]).toBeLessThanOrEqual(limits[name]);
      }
      if (!answer.ok) {
        refused += 1;
        return;
      }
      for (let turn = 0; turn < one.turns; turn += 1) await ledger.limits("a");
      if (one.end === "released") return ledger.settle(`${index}`, undefined);
      const part = one.end === "all" ? 1 : one.part;
      const used = spent(Math.floor(one.tokens * part), Math.floor(one.microEur * part));
      await ledger.settle(`${index}`, used);
      if (one.end === "twice") await ledger.settle(`${index}`, used);
      for (const name of ["tokens", "microEur", "calls"] as const) booked[name] += used[name];
    };
    await Promise.all(calls.map(run));
    const { settled, reserved } = await ledger.totals("a");
    expect(reserved).toEqual(none);
    expect(settled).toEqual(booked);
    expect(refused).toBeGreaterThan(0);
  });
};
