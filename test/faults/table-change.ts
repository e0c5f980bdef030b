// How one table of a hand-over is exchanged for a changed one.
import type { FindingCode, ResultTable } from "../../src/protocol/index.ts";
import { shuffled } from "./cells.ts";
import type { FaultKind, HandOverCase, HandOverFault, Random } from "./fault.ts";

/** Tries the hand-over's tables in random order until one takes the change. */
export const tableFault = (
  name: string,
  kind: FaultKind,
  expect: readonly FindingCode[],
  change: (table: ResultTable, rng: Random, clean: HandOverCase) => ResultTable | undefined,
): HandOverFault => ({
  on: "hand-over",
  name,
  kind,
  expect,
  applies: ({ handOver }) => handOver.tables.some((table) => table.rows.length > 0),
  mutate: (clean, rng) => {
    const { handOver } = clean;
    for (const table of shuffled(rng, handOver.tables)) {
      const changed = change(table, rng, clean);
      if (changed !== undefined) {
        return { ...handOver, tables: handOver.tables.map((t) => (t === table ? changed : t)) };
      }
    }
    return undefined;
  },
});

/** What a wrong figure may be called: both are true of it. */
export const FIGURE: readonly FindingCode[] = ["wrong-figure", "not-reproducible"];
export const LABEL: readonly FindingCode[] = ["wrong-label", ...FIGURE];
