// A BudgetLedger in memory: atomic because nothing in it waits. For tests of the guards.
import type { Amounts, BudgetLedger, BudgetTotals, LimitName } from "../../src/ports/index.ts";

type Spent = NonNullable<Parameters<BudgetLedger["settle"]>[1]>;
type Entry = { rootThread: string; reserved: Required<Amounts> } & (
  | { state: "open" }
  | { state: "settled"; spent: Spent }
  | { state: "released" }
);

const NAMES: readonly LimitName[] = ["tokens", "microEur", "calls"];

export const createMemoryBudgetLedger = (): BudgetLedger => {
  const limits = new Map<string, Amounts>();
  const entries = new Map<string, Entry>();

  const totalsOf = (rootThread: string): BudgetTotals => {
    const settled = { tokens: 0, microEur: 0, calls: 0 };
    const reserved = { tokens: 0, microEur: 0, calls: 0 };
    let [inputTokens, outputTokens] = [0, 0];
    for (const entry of entries.values()) {
      if (entry.rootThread !== rootThread) continue;
      for (const name of NAMES) {
        if (entry.state === "open") reserved[name] += entry.reserved[name];
        if (entry.state === "settled") settled[name] += entry.spent[name];
      }
      if (entry.state === "settled") {
        inputTokens += entry.spent.inputTokens;
        outputTokens += entry.spent.outputTokens;
      }
    }
    return { settled, reserved, inputTokens, outputTokens };
  };

  const settle = (id: string, spent: Spent | undefined): void => {
    const entry = entries.get(id);
    if (entry?.state !== "open") return;
    const { rootThread, reserved } = entry;
    entries.set(
      id,
      spent === undefined
        ? { rootThread, reserved, state: "released" }
        : { rootThread, reserved, state: "settled", spent },
    );
  };

  return {
    limit: async (rootThread, amounts) => void limits.set(rootThread, { ...amounts }),
    limits: async (rootThread) => ({ ...limits.get(rootThread) }),
    async reserve(rootThread, id, amounts) {
      if (entries.has(id)) return { ok: true };
      const { settled, reserved } = totalsOf(rootThread);
      for (const name of NAMES) {
        const limit = limits.get(rootThread)?.[name];
        if (limit === undefined) continue;
        const left = limit - settled[name] - reserved[name];
        if (amounts[name] > left) return { ok: false, limit: name, left: Math.max(0, left) };
      }
      entries.set(id, { rootThread, reserved: { ...amounts }, state: "open" });
      return { ok: true };
    },
    settle: async (id, spent) => settle(id, spent),
    totals: async (rootThread) => totalsOf(rootThread),
    async recover(rootThread) {
      for (const [id, entry] of entries) {
        if (entry.rootThread !== rootThread || entry.state !== "open") continue;
        settle(id, { ...entry.reserved, inputTokens: 0, outputTokens: 0 });
      }
    },
  };
};
