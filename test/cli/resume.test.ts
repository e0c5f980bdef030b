import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { createThreadRecords, migrate } from "../../src/storage/index.ts";
import { heldModel, OFFLINE } from "./held-model.ts";
import { expectCalm, GOAL, SALES, workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop({ "sales.csv": SALES, "broken.json": '{ "plan": ' });
let waiting = "";
beforeAll(async () => {
  await shop.tutti(["run", GOAL, "--file", "sales.csv", "--review", "plan"]);
  waiting = await shop.latest();
});
afterAll(() => shop.remove());

describe("tutti resume", () => {
  it("shows what is to be decided and how, when nothing was decided", async () => {
    const end = await shop.tutti(["resume", waiting]);
    expect(end.code).toBe(3);
    expect(end.out).toContain("Approve the plan?");
    expect(end.out).toMatch(/1\. .+\(analyst\)/);
    for (const flag of ["--approve", "--edit", '--reject "why"'])
      expect(end.out).toContain(`npx tutti resume ${waiting.slice(0, 8)} ${flag}`);
    expectCalm(end);
  });

  const refusals: [string, () => string[], RegExp][] = [
    ["two decisions", () => [waiting, "--approve", "--reject", "no"], /give one of/],
    ["--task without a decision", () => [waiting, "--task", "plan"], /not what the answer is/],
    ["a question that is not asked", () => [waiting, "--approve", "--task", "x"], /it asks plan/],
    ["a decision that is not allowed", () => [waiting, "--respond", "hm"], /approve, edit, reject/],
    ["an edit file that is missing", () => [waiting, "--edit", "none.json"], /cannot be read/],
    ["an edit that is no JSON", () => [waiting, "--edit", "broken.json"], /is not JSON/],
    ["an unknown thread", () => ["ffffffff-x", "--approve"], /THREAD_NOT_FOUND/],
    ["an empty id", () => ["", "--approve"], /THREAD_NOT_FOUND/],
  ];
  it.each(refusals)("refuses %s", async (_name, args, message) => {
    const end = await shop.tutti(["resume", ...args()]);
    expect(end.code).toBe(2);
    expect(end.err).toMatch(message);
    expectCalm(end);
  });

  it("leaves a thread waiting as before when it refuses", async () => {
    expect((await shop.tutti(["threads"])).out).toMatch(/^\w{8} {2}waiting/);
  });

  it("refuses the beginning of two ids", async () => {
    const other = workshop();
    await other.tutti(["threads"]);
    const database = new Database(other.path(".tutti/tutti.db"));
    migrate(database);
    const records = createThreadRecords(database, { now: () => 1 });
    for (const id of ["abc-1", "abc-2"])
      records.create({ id, graphId: "orchestrator", goal: "x", out: null });
    database.close();
    const end = await other.tutti(["resume", "abc"]);
    expect(end).toMatchObject({ code: 2 });
    expect(end.err).toContain("several threads begin with abc");
    other.remove();
  });

  it("asks again when an edited plan cannot run, then carries out the one that can", async () => {
    const shown = await shop.tutti(["resume", waiting]);
    const [, name = ""] = /--edit (\S+)/.exec(shown.out) ?? [];
    const file = shop.path(name);
    const edit = JSON.parse(readFileSync(file, "utf8")) as {
      plan: { title: string; tasks: { assignee: string }[] };
    };
    const [first] = edit.plan.tasks;
    const assignee = first?.assignee;
    Object.assign(first ?? {}, { assignee: "nobody" });
    writeFileSync(file, JSON.stringify(edit));
    const refused = await shop.tutti(["resume", waiting, "--edit", name]);
    expect(refused.code).toBe(3);
    expect(refused.out).toMatch(/The last answer was not accepted: .*nobody/);
    Object.assign(first ?? {}, { assignee });
    edit.plan.title = "A title of my own";
    writeFileSync(file, JSON.stringify(edit));
    const end = await shop.tutti(["resume", waiting, "--edit", name, "--by", "Ada"]);
    expect(end).toMatchObject({ code: 0, err: "" });
    expect((await shop.tutti(["show", waiting])).out).toMatch(/A title of my own[^]+edit by Ada/);
  });

  it("of a finished thread says again where it ended; an answer is refused", async () => {
    const again = await shop.tutti(["resume", waiting]);
    expect(again.code).toBe(0);
    expect(again.out).toContain("Finished");
    const late = await shop.tutti(["resume", waiting, "--approve"]);
    expect(late.code).toBe(2);
    expect(late.err).toMatch(/THREAD_NOT_PAUSED: the thread asks nothing/);
    expect((await shop.tutti(["threads"])).out).toContain("finished");
  });

  it("--reject sends a result back with words, and without words ends it", async () => {
    const args = ["run", GOAL, "--file", "sales.csv", "--review", "result", "--out", "rejected"];
    expect((await shop.tutti(args)).code).toBe(3);
    const id = await shop.latest();
    expect(existsSync(shop.path("rejected"))).toBe(false);
    // The files can be looked at before they are approved.
    expect(existsSync(shop.path(".tutti/review", id.slice(0, 8), "report.pdf"))).toBe(true);
    const again = await shop.tutti(["resume", id, "--reject", "also by product, please"]);
    expect(again.code).toBe(3);
    expect(again.out).toMatch(/by product/i);
    const end = await shop.tutti(["resume", id, "--reject"]);
    expect(end.code).toBe(4);
    expect(end.err).toMatch(/rejected in review/);
    expect(existsSync(shop.path("rejected"))).toBe(false);
    expectCalm(end);
  });
});

describe("questions of several tasks", () => {
  it("are answered one by one, by --task", async () => {
    const model = await heldModel(
      () => false,
      (request, n) => {
        const asks = (request.tools ?? []).some((tool) => tool.function.name === "ask_person");
        const isAnswered = request.messages.some((message) => message.role === "tool");
        if (asks && !isAnswered)
          return {
            toolCalls: [
              {
                name: "ask_person",
                args: { question: "Net or gross?", options: ["net", "gross"] },
              },
            ],
          };
        // The rules do not know the question: for them it was not asked.
        const messages = request.messages.filter(
          ({ role, tool_calls: calls, tool_call_id: id }) =>
            !(role === "tool" && id?.startsWith("ask")) &&
            !(calls ?? []).some((call) => call.function.name === "ask_person"),
        );
        const known = new Set(
          messages.flatMap((one) => (one.tool_calls ?? []).map(({ id }) => id)),
        );
        return OFFLINE(
          {
            ...request,
            messages: messages.filter(
              ({ role, tool_call_id: id }) => role !== "tool" || known.has(id ?? ""),
            ),
          },
          n,
        );
      },
    );
    const { env } = model;
    try {
      const asked = await shop.tutti(["run", GOAL, "--file", "sales.csv"], { env });
      expect(asked.code).toBe(3);
      const tasks = [...asked.out.matchAll(/--task (\S+) --respond/g)].map(
        ([, task]) => task ?? "",
      );
      expect(tasks.length).toBeGreaterThan(1);
      expect(asked.out).toContain("Net or gross?");
      const id = await shop.latest();
      const unnamed = await shop.tutti(["resume", id, "--respond", "net"], { env });
      expect(unnamed.code).toBe(2);
      expect(unnamed.err).toMatch(/asks 2 questions: .+\n.*--task/);
      const [first = "", second = ""] = tasks;
      const one = await shop.tutti(["resume", id, "--task", first, "--respond", "net"], { env });
      expect(one.code).toBe(3);
      expect(one.out).toMatch(new RegExp(`^${first}: done`, "m"));
      const both = await shop.tutti(["resume", id, "--task", second, "--respond", "net"], { env });
      expect(both).toMatchObject({ code: 0, err: "" });
    } finally {
      await model.close();
    }
  });
});
