// Faults in retrieved passages: other words, another page, another document.
import type { FindingCode, Passage } from "../../src/protocol/index.ts";
import { shuffled } from "./cells.ts";
import type { FaultKind, HandOverFault, Random } from "./fault.ts";

const passageFault = (
  name: string,
  kind: FaultKind,
  expect: readonly FindingCode[],
  change: (passage: Passage, rng: Random, all: readonly Passage[]) => Passage | undefined,
): HandOverFault => ({
  on: "hand-over",
  name,
  kind,
  expect,
  applies: ({ handOver, context }) =>
    context.task.expects.kind === "passages" && handOver.passages.length > 0,
  mutate: ({ handOver }, rng) => {
    for (const passage of shuffled(rng, handOver.passages)) {
      const changed = change(passage, rng, handOver.passages);
      if (changed !== undefined) {
        const passages = handOver.passages.map((p) => (p === passage ? changed : p));
        return { ...handOver, passages };
      }
    }
    return undefined;
  },
});

const WORD = /\b[a-z]{5,}\b/g;

export const PASSAGE_FAULTS: readonly HandOverFault[] = [
  passageFault("a word of a passage changed", "misquote", ["misquoted"], (passage, rng) => {
    const words = passage.text.match(WORD);
    if (words === null) return undefined;
    return { ...passage, text: passage.text.replace(rng.pick(words), "otherwise") };
  }),
  passageFault("a number of a passage changed", "misquote", ["misquoted"], (passage) =>
    /\d/.test(passage.text)
      ? { ...passage, text: passage.text.replace(/\d+/, (n) => String(Number(n) * 3 + 1)) }
      : undefined,
  ),
  passageFault("a sentence added to a passage", "misquote", ["misquoted"], (passage) => ({
    ...passage,
    text: `${passage.text} Exceptions are granted to everybody who asks.`,
  })),
  passageFault("a negation taken out of a passage", "misquote", ["misquoted"], (passage) =>
    / not /.test(passage.text)
      ? { ...passage, text: passage.text.replace(/ not /, " ") }
      : undefined,
  ),
  passageFault("a passage of another page", "misquote", ["misquoted"], (passage) =>
    passage.page === undefined ? undefined : { ...passage, page: passage.page + 1 },
  ),
  passageFault(
    "a passage of a document nobody gave",
    "unknown-source",
    ["unknown-source", "uncited", "misquoted", "stale-source"],
    (passage, rng) => ({
      ...passage,
      file: "handbook.pdf",
      sha256: `${"e".repeat(63)}${rng.int(0, 9)}`,
    }),
  ),
  passageFault(
    "a passage from an older version of its document",
    "stale-figure",
    ["stale-source", "unknown-source", "misquoted"],
    (passage, rng) =>
      passage.sha256 === undefined
        ? undefined
        : { ...passage, sha256: `${"d".repeat(63)}${rng.int(0, 9)}` },
  ),
];
