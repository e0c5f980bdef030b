// Checks of passages and of the text that cites them.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DocumentReader, TaskContext } from "../../src/ports/index.ts";
import { HandOver, type Passage, type SourceRef, Task } from "../../src/protocol/index.ts";
import { codes, evidence, openSalesCase, type SalesCase, WRITE } from "./sales-case.ts";

const POLICY: SourceRef = {
  sha256: "b".repeat(64),
  name: "policy.pdf",
  mime: "application/pdf",
  bytes: 10,
  kind: "document",
};
const documents: DocumentReader = {
  pages: () =>
    Promise.resolve([
      {
        page: 1,
        text: "Sales policy\nDiscounts above 15 percent need\nthe written approval of a manager.",
      },
      { page: 2, text: "Returns are accepted within thirty days." },
    ]),
};
const passage: Passage = {
  id: "policy-1",
  text: "Discounts above 15 percent need the written approval of a manager.",
  file: "policy.pdf",
  sha256: POLICY.sha256,
  page: 1,
};
const RESEARCH = Task.parse({
  id: "research",
  title: "Research",
  instructions: "Search.",
  assignee: "researcher",
  expects: { kind: "passages", description: "passages" },
  checks: ["schema", "citations"],
});

let sales: SalesCase;
beforeAll(async () => {
  sales = await openSalesCase();
});
afterAll(() => sales.close());

const found = (change: Partial<Passage> = {}) =>
  HandOver.parse({
    status: "done",
    summary: "Found.",
    passages: [{ ...passage, ...change }],
    evidence: evidence("search_documents"),
  });

const research = (change: Partial<Passage> = {}) =>
  sales
    .verifierWith({ documents })
    .verify(found(change), sales.context(RESEARCH, { sources: [POLICY] }));

test("a passage that stands on its page passes, whatever its line breaks", async () => {
  expect(await research()).toEqual({ ok: true, findings: [], checks: ["schema", "citations"] });
});

test.each<[string, Partial<Passage>, string]>([
  ["other words", { text: "Discounts need no approval." }, "misquoted"],
  ["another page", { page: 2 }, "misquoted"],
  ["a document that is not there", { file: "polcy.pdf" }, "unknown-source"],
  ["another version of the document", { sha256: "c".repeat(64) }, "stale-source"],
  [
    "the web, without a call",
    { file: "example", sha256: undefined, url: "https://example.org" },
    "unknown-source",
  ],
])("%s is found", async (_, change, code) => {
  expect(codes(await research(change))).toEqual([code]);
});

test("a document that cannot be read is an error, not a finding", async () => {
  const broken: DocumentReader = { pages: () => Promise.reject(new Error("disk")) };
  const verifying = sales
    .verifierWith({ documents: broken })
    .verify(found(), sales.context(RESEARCH, { sources: [POLICY] }));
  await expect(verifying).rejects.toMatchObject({ name: "TuttiError", code: "INTERNAL" });
});

const write = (statement: string) => {
  const inputs: TaskContext["inputs"] = { research: found() };
  return sales
    .verifierWith({ documents })
    .verify(
      sales.text(statement),
      sales.context(WRITE, { inputs: { ...sales.writing().inputs, ...inputs } }),
    );
};

test.each([
  "A manager has to approve large discounts [[policy-1]].",
  "Discounts above 15 percent need approval [[policy-1]].",
  "The policy asks for “the written approval of a manager” [[policy-1]].",
])("a cited statement passes: %s", async (statement) => {
  expect((await write(statement)).findings).toEqual([]);
});

test.each([
  ["A manager has to approve [[policy-9]].", "uncited"],
  ["A manager has to approve [[policy 1]].", "uncited"],
  ["The policy asks for “the written approval of a director” [[policy-1]].", "misquoted"],
  ["The policy asks for “the written approval of a manager”.", "uncited"],
  ["Discounts above that need the written approval of a manager.", "uncited"],
  ["Discounts above 20 percent need approval [[policy-1]].", "invented-number"],
])("%s → %s", async (statement, code) => {
  expect(codes(await write(statement))).toContain(code);
});
