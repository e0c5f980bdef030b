// The course of the checks: untrusted hand-overs, what stops them, guardrails, the judge, failures around.
import { afterAll, beforeAll, expect, test } from "vitest";
import { TuttiError } from "../../src/errors.ts";
import { type Finding, HandOver, Task } from "../../src/protocol/index.ts";
import { codes, evidence, openSalesCase, type SalesCase, TASK } from "./sales-case.ts";

let sales: SalesCase;
beforeAll(async () => {
  sales = await openSalesCase();
});
afterAll(() => sales.close());

const opinion: Finding = { code: "judge", check: "judge", message: "dull", severity: "error" };

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["text", "All done, revenue is 230.15"],
  ["a list", []],
  [
    "rows that are no cells",
    { status: "done", summary: "", tables: [{ id: "x", title: "x", columns: [], rows: [[{}]] }] },
  ],
  ["an unknown status", { status: "perfect", summary: "" }],
  ["a table id that is a path", { status: "done", summary: "", tables: [{ id: "../x" }] }],
])("a hand-over that is %s is a finding, not an error", async (_, value) => {
  const verdict = await sales.verifier.verify(value as HandOver, sales.context(TASK));
  expect(verdict.ok).toBe(false);
  expect(codes(verdict)).toEqual(["schema"]);
});

const empty = (more: Partial<HandOver>) =>
  HandOver.parse({ status: "done", summary: "All done.", ...more });

test("success claimed with nothing done is found", async () => {
  expect(codes(await sales.verifier.verify(empty({}), sales.context(TASK)))).toEqual([
    "nothing-done",
  ]);
});

test("a table that no tool call made is found", async () => {
  const verdict = await sales.verifier.verify(
    { ...sales.tables(), evidence: [] },
    sales.context(TASK),
  );
  expect(codes(verdict)).toEqual(["nothing-done"]);
  const failed = [{ tool: "sql", callId: "1", args: {}, ok: false }, ...evidence("submit_tables")];
  expect(
    codes(
      await sales.verifier.verify({ ...sales.tables(), evidence: failed }, sales.context(TASK)),
    ),
  ).toEqual(["nothing-done"]);
});

test("prose where a table was due is found", async () => {
  const verdict = await sales.verifier.verify(
    empty({ summary: "North made 150.10 euros, South made 70.05.", evidence: evidence("sql") }),
    sales.context(TASK),
  );
  expect(codes(verdict)).toContain("prose-instead-of-data");
});

test("a task that says it failed has failed", async () => {
  const verdict = await sales.verifier.verify(
    { ...sales.tables(), status: "failed", summary: "no such column" },
    sales.context(TASK),
  );
  expect(verdict.findings).toMatchObject([
    { code: "task-failed", message: "task by-region failed: no such column" },
  ]);
});

test("a table id that another task uses already is found", async () => {
  const inputs = { other: sales.tables() };
  expect(
    codes(await sales.verifier.verify(sales.tables(), sales.context(TASK, { inputs }))),
  ).toContain("schema");
});

test("data are held to their JSON Schema", async () => {
  const schema = { type: "object", required: ["city"], properties: { city: { type: "string" } } };
  const task = Task.parse({
    ...TASK,
    query: undefined,
    expects: { kind: "data", description: "d", schema },
    checks: ["schema"],
  });
  const check = (data: unknown) => sales.verifier.verify(empty({ data }), sales.context(task));
  expect((await check({ city: "Ghent" })).ok).toBe(true);
  expect(codes(await check({ city: 3 }))).toEqual(["schema"]);
  expect(codes(await check("Ghent"))).toEqual(["prose-instead-of-data"]);
});

test("guardrails run on what passed, and one that throws counts against it", async () => {
  const seen: string[] = [];
  const verifier = sales.verifierWith({
    guardrails: {
      tone: (handOver) => {
        seen.push(handOver.summary);
        return [];
      },
      broken: () => {
        throw new Error("oops");
      },
    },
  });
  const verdict = await verifier.verify(sales.tables(), sales.context(TASK));
  expect(verdict.checks.slice(-2)).toEqual(["guardrail tone", "guardrail broken"]);
  expect(verdict.findings).toMatchObject([
    { code: "guardrail", message: "the guardrail broken failed: oops" },
  ]);
  await verifier.verify(
    sales.tables((table) => {
      table.rows[0]![1] = 0;
    }),
    sales.context(TASK),
  );
  expect(seen).toHaveLength(1);
});

test("the judge is asked last, only when the plan wants it and nothing else is wrong", async () => {
  let asked = 0;
  const verifier = sales.verifierWith({
    judge: () => {
      asked += 1;
      return Promise.resolve([opinion]);
    },
  });
  const judged = { ...TASK, checks: [...TASK.checks, "judge" as const] };
  expect((await verifier.verify(sales.tables(), sales.context(TASK))).ok).toBe(true);
  await verifier.verify(
    sales.tables((table) => {
      table.rows[0]![1] = 0;
    }),
    sales.context(judged),
  );
  expect(asked).toBe(0);
  const verdict = await verifier.verify(sales.tables(), sales.context(judged));
  expect(verdict).toMatchObject({ ok: false, findings: [opinion] });
  expect(verdict.checks.at(-1)).toBe("judge");
});

test("a plan that wants a judge where none is set up gets a warning", async () => {
  const judged = { ...TASK, checks: [...TASK.checks, "judge" as const] };
  const verdict = await sales.verifier.verify(sales.tables(), sales.context(judged));
  expect(verdict).toMatchObject({ ok: true, findings: [{ code: "judge", severity: "warning" }] });
});

test("sources that cannot be read are an error, and so is a cancelled run", async () => {
  const down = sales.verifierWith({
    tables: {
      open: () => Promise.reject(new TuttiError("ARTIFACT_MISSING", "gone")),
      close: () => Promise.resolve(),
    },
  });
  await expect(down.verify(sales.tables(), sales.context(TASK))).rejects.toMatchObject({
    code: "ARTIFACT_MISSING",
  });
  const verifying = sales.verifier.verify(
    sales.tables(),
    sales.context(TASK, { signal: AbortSignal.abort() }),
  );
  await expect(verifying).rejects.toMatchObject({ code: "CANCELLED" });
});
