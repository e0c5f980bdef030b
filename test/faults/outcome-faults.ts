// Faults of the hand-over as a whole: success without work, prose where data were due, failure sold as success.
import type { FindingCode, HandOver, OutputKind } from "../../src/protocol/index.ts";
import { formatCell } from "../../src/protocol/index.ts";
import { figureCells } from "./cells.ts";
import { tablesInSight, type FaultKind, type HandOverCase, type HandOverFault } from "./fault.ts";

const outcomeFault = (
  name: string,
  kind: FaultKind,
  expect: readonly FindingCode[],
  change: (clean: HandOverCase) => HandOver,
  kinds?: readonly OutputKind[],
): HandOverFault => ({
  on: "hand-over",
  name,
  kind,
  expect,
  applies: ({ context }) => kinds === undefined || kinds.includes(context.task.expects.kind),
  mutate: change,
});

const emptied = ({ handOver }: HandOverCase): HandOver => {
  const { narrative: _narrative, data: _data, ...rest } = handOver;
  return { ...rest, tables: [], passages: [], files: [] };
};

/** A paragraph that reads like a result. */
const proseOf = (clean: HandOverCase): string => {
  const cells = tablesInSight(clean).flatMap((table) =>
    figureCells(table).map(
      (cell) => `${cell.column.label} is ${formatCell(cell.value, cell.column)}`,
    ),
  );
  return `I looked at the data. ${cells.slice(0, 5).join("; ")}. Everything else is as expected.`;
};

export const OUTCOME_FAULTS: readonly HandOverFault[] = [
  outcomeFault(
    "prose in the data field instead of tables",
    "prose-instead-of-data",
    ["prose-instead-of-data", "schema"],
    (clean) => ({ ...emptied(clean), data: proseOf(clean) }),
    ["tables", "files"],
  ),
  outcomeFault(
    "prose in the summary instead of output",
    "prose-instead-of-data",
    ["prose-instead-of-data", "nothing-done", "schema"],
    (clean) => ({ ...emptied(clean), summary: proseOf(clean) }),
    ["tables", "narrative", "files"],
  ),
  outcomeFault(
    "a narrative instead of tables or files",
    "prose-instead-of-data",
    ["prose-instead-of-data", "schema"],
    (clean) => ({
      ...emptied(clean),
      narrative: {
        title: "Result",
        summary: ["The result was computed as asked."],
        sections: [{ id: "result", heading: "Result", tables: [], statements: [proseOf(clean)] }],
      },
    }),
    ["tables", "files"],
  ),
  outcomeFault("success claimed with nothing done", "nothing-done", ["nothing-done"], (clean) => ({
    ...emptied(clean),
    summary: "All done.",
    evidence: [],
  })),
  outcomeFault(
    "success claimed though every call failed",
    "nothing-done",
    ["nothing-done"],
    (clean) => ({
      ...emptied(clean),
      summary: "Done as asked.",
      evidence: clean.handOver.evidence.map((call) => ({ ...call, ok: false })),
    }),
  ),
  outcomeFault(
    "failure handed over as a result",
    "failure-as-result",
    ["task-failed"],
    ({ handOver }) => ({ ...handOver, status: "failed", summary: "I could not do it." }),
  ),
  outcomeFault(
    "a figure in the summary that is in no result",
    "invented-number",
    ["invented-number"],
    ({ handOver }) => ({
      ...handOver,
      summary: `${handOver.summary} In all it came to 48,213,077.`,
    }),
    ["tables", "narrative"],
  ),
];
