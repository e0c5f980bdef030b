// Campaign: the graphs as LangGraph's dev server, and with it Studio, runs them, driven over HTTP by the
// LangGraph SDK: run, stream, pause, answer badly and well, answer late, travel in time, follow up, chat.
//   npm run campaign -- studio [--ours]    with --ours the same checks against `tutti serve`
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client, type Command, type ThreadState } from "@langchain/langgraph-sdk";
import { graph as agentGraph } from "../../graphs/agent.ts";
import { graph as orchestratorGraph } from "../../graphs/orchestrator.ts";
import { projectFolder } from "../../src/compose/project.ts";
import type { InterruptPayload } from "../../src/governance/index.ts";
import type { OrchestratorValues } from "../../src/orchestrator/index.ts";
import { RunEvent } from "../../src/protocol/index.ts";
import { startDevServer } from "../fixtures/dev-server.ts";
import { startTuttiServer } from "../fixtures/tutti-server.ts";

const MAIN_GOAL =
  "Monthly sales report for September 2026: revenue by region and product, against last month and the plan; point out anomalies";
const SMALL_GOAL = "Revenue by region for September 2026";
const TODAY = "2026-10-01";

const isOurs = process.argv.includes("--ours");
const server = await (isOurs
  ? startTuttiServer({ env: { TUTTI_INPUT_FOLDERS: projectFolder } })
  : startDevServer());
const client = new Client({ apiUrl: server.url, apiKey: "" });
let passed = 0;
const failures: string[] = [];

/** One line a check; a failed one does not stop the others. */
const check = async (name: string, body: () => Promise<string | void>): Promise<void> => {
  const began = performance.now();
  try {
    const note = await body();
    passed += 1;
    const time = `${Math.round(performance.now() - began)} ms`;
    console.log(`ok    ${name} (${note === undefined ? time : `${note}, ${time}`})`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}\n      ${error instanceof Error ? error.message : String(error)}`);
  }
};

type Values = OrchestratorValues;
type State = ThreadState<Values>;
interface Streamed {
  /** What our server said when it refused at once what the dev server only finds out by running. */
  readonly refusal: string;
  readonly events: RunEvent[];
  /** Names of the nodes that finished. */
  readonly nodes: string[];
  readonly errors: unknown[];
}

const isRefusal = (error: unknown): error is Error & { status: number } =>
  isOurs && [409, 422].includes((error as { status?: number }).status ?? 0);

const run = async (
  threadId: string,
  payload: {
    input?: Record<string, unknown> | null;
    command?: Command;
    checkpointId?: string;
  },
): Promise<Streamed> => {
  const streamed = { events: [], nodes: [], errors: [], refusal: "" } as Streamed & {
    refusal: string;
  };
  const { input = null, command, checkpointId } = payload;
  const chunks = client.runs.stream(threadId, "orchestrator", {
    ...(command === undefined ? { input } : { command }),
    ...(checkpointId === undefined ? {} : { checkpointId }),
    streamMode: ["custom", "updates"],
  });
  try {
    for await (const { event, data } of chunks) {
      if (event === "custom") streamed.events.push(RunEvent.parse(data));
      if (event === "updates") streamed.nodes.push(...Object.keys(data));
      if (event === "error") streamed.errors.push(data);
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    streamed.refusal = error.message;
  }
  return streamed;
};

const stateOf = (threadId: string): Promise<State> => client.threads.getState<Values>(threadId);

interface Open {
  readonly id: string;
  readonly payload: InterruptPayload;
}
const openIn = (state: State): Open[] =>
  state.tasks
    .flatMap(({ interrupts }) => interrupts)
    .map(({ id, value }) => ({ id: id ?? "", payload: value as InterruptPayload }));
const onlyOpen = async (threadId: string, questionId: string): Promise<Open> => {
  const open = openIn(await stateOf(threadId));
  assert.equal(open.map(({ payload }) => payload.questionId).join(), questionId);
  return open[0] as Open;
};

const begin = async (input: Record<string, unknown>): Promise<{ id: string; ran: Streamed }> => {
  const { thread_id: id } = await client.threads.create();
  return { id, ran: await run(id, { input }) };
};
const small = (options: Record<string, unknown> = {}) =>
  begin({ goal: SMALL_GOAL, files: ["examples/sales.csv"], options: { today: TODAY, ...options } });
const reply = (threadId: string, resume: unknown): Promise<Streamed> =>
  run(threadId, { command: { resume } });
/**
 * After time travel the dev server starts each run at the checkpoint that the last one named, so a client
 * has to name the newest, as Studio does.
 */
const fromHead = async (
  threadId: string,
  payload: { input?: Record<string, unknown>; command?: Command },
): Promise<Streamed> => {
  const { checkpoint } = await stateOf(threadId);
  return run(threadId, { ...payload, checkpointId: checkpoint.checkpoint_id ?? "" });
};

const statuses = ({ values }: State): string[] => [
  ...new Set(Object.values(values.tasks).map(({ status }) => status)),
];
/** Hash of each task's hand-over: equal hashes are equal figures, texts and files. */
const handOvers = ({ values }: State): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.values(values.tasks)
      .filter(({ status }) => status !== "dropped")
      .map(({ task, handOver }) => [task.id, handOver?.sha256]),
  );
const finished = async (threadId: string): Promise<State> => {
  const state = await stateOf(threadId);
  assert.equal(
    openIn(state)
      .map(({ payload }) => payload.questionId)
      .join(),
    "",
  );
  assert.equal(state.values.outcome?.status, "finished", JSON.stringify(state.values.outcome));
  assert.ok(state.values.artifacts.some(({ name }) => name === "manifest.json"));
  return state;
};

interface Drawn {
  nodes: { id: string | number }[];
  edges: { source: string | number; target: string | number; conditional?: boolean }[];
}
const edgesOf = ({ edges }: Drawn): string[] =>
  edges
    .map(({ source, target, conditional }) => `${source} ${conditional ? "-.->" : "-->"} ${target}`)
    .sort();

const assistants = async () => {
  await check("the server is up with both graphs", async () => {
    const found = await client.assistants.search();
    assert.deepEqual(found.map(({ graph_id }) => graph_id).sort(), ["agent", "orchestrator"]);
    return `started in ${server.startMilliseconds} ms`;
  });
  for (const [id, fields] of [
    ["orchestrator", ["files", "goal", "messages", "options"]],
    ["agent", ["files", "messages", "sources"]],
  ] as const)
    await check(`schemas of ${id} answer in under a second`, async () => {
      const [assistant] = await client.assistants.search({ graphId: id });
      const began = performance.now();
      const { input_schema: input } = await client.assistants.getSchemas(
        assistant?.assistant_id ?? id,
      );
      const took = Math.round(performance.now() - began);
      assert.ok(took < 1000, `${took} ms`);
      assert.deepEqual(Object.keys(input?.properties ?? {}).sort(), fields);
      return `${took} ms`;
    });
  for (const [id, graph] of [
    ["orchestrator", orchestratorGraph],
    ["agent", agentGraph],
  ] as const)
    await check(`the drawing of ${id} is the graph`, async () => {
      const drawn = (await client.assistants.getGraph(id)) as Drawn;
      const local = (await graph.getGraphAsync()).toJSON() as unknown as Drawn;
      assert.deepEqual(edgesOf(drawn), edgesOf(local));
      return `${drawn.nodes.length} nodes, ${drawn.edges.length} edges`;
    });
};

const mainJob = async (): Promise<void> => {
  const file = (name: string) => ({ path: join(projectFolder, "examples", name) });
  const { id, ran } = await begin({
    goal: MAIN_GOAL,
    files: [file("sales.csv"), file("plan.xlsx")],
    options: { review: ["plan", "result"], today: TODAY },
  });
  await check("the main job streams events and updates, and pauses at its plan", async () => {
    assert.deepEqual(ran.errors, []);
    assert.deepEqual(
      ran.nodes.filter((node) => node !== "__interrupt__"),
      ["intake", "plan"],
    );
    const types = ran.events.map(({ type }) => type);
    assert.ok(types.includes("intake-end") && types.includes("plan-end"), types.join());
    const { payload } = await onlyOpen(id, "plan");
    assert.deepEqual(statuses(await stateOf(id)), ["pending"]);
    assert.match(payload.actionRequests[0]?.description ?? "", /Revenue by region/);
    assert.equal((await client.threads.get(id)).status, "interrupted");
  });
  const plan = await onlyOpen(id, "plan");
  await check(
    "an Agent Inbox answer lets the work begin, up to the review of the result",
    async () => {
      const worked = await reply(id, [{ type: "accept", args: null }]);
      assert.deepEqual(worked.errors, []);
      const types = new Set(worked.events.map(({ type }) => type));
      for (const type of ["task-status", "tool-start", "tool-end", "usage"] as const)
        assert.ok(types.has(type), `no ${type} event`);
      assert.ok(worked.nodes.includes("work") && worked.nodes.includes("verify"));
      const state = await stateOf(id);
      assert.deepEqual(statuses(state), ["done"], JSON.stringify(state.values.outcome));
      await onlyOpen(id, "result");
      const failedTools = worked.events.filter((event) => event.type === "tool-end" && !event.ok);
      assert.deepEqual(failedTools, []);
      return `${worked.events.length} events`;
    },
  );
  await check("a late duplicate addressed to the plan does not approve the result", async () => {
    await reply(id, { [plan.id]: { type: "approve" } });
    await onlyOpen(id, "result");
  });
  await check("a duplicate that names the plan's hash does not approve the result", async () => {
    const answer = { decisions: [{ type: "approve" }], hash: plan.payload.hash };
    const { refusal } = await reply(id, answer);
    const { payload } = await onlyOpen(id, "result");
    assert.match(payload.error ?? refusal, /another version/);
  });
  await check("a LangChain answer publishes the result", async () => {
    await reply(id, { decisions: [{ type: "approve" }] });
    const { values } = await finished(id);
    const names = values.artifacts.map(({ name }) => name).sort();
    assert.deepEqual(names, ["manifest.json", "report.html", "report.pdf", "report.xlsx"]);
    return names.join(", ");
  });
  await check("a duplicate on the finished thread changes no file", async () => {
    const before = await stateOf(id);
    await reply(id, { decisions: [{ type: "reject", message: "no" }] });
    const after = await finished(id);
    assert.deepEqual(after.values.artifacts, before.values.artifacts);
  });
  await timeTravel(id);
  await followUp(id);
};

/** The newest checkpoint that stood before a node. */
const checkpointBefore = async (threadId: string, node: string): Promise<string> => {
  const history = await client.threads.getHistory<Values>(threadId, { limit: 200 });
  const found = history.find(({ next }) => next.includes(node))?.checkpoint.checkpoint_id;
  assert.ok(found, `the thread never stood before ${node}`);
  return found;
};

const timeTravel = async (id: string): Promise<void> => {
  for (const node of ["assemble", "dispatch"])
    await check(
      `time travel to before ${node}: the same figures, and no work repeated`,
      async () => {
        const before = await stateOf(id);
        const ran = await run(id, { checkpointId: await checkpointBefore(id, node) });
        assert.deepEqual(
          ran.events.filter(({ type }) => type === "tool-start"),
          [],
        );
        await onlyOpen(id, "result");
        await fromHead(id, { command: { resume: { decisions: [{ type: "approve" }] } } });
        assert.deepEqual(handOvers(await finished(id)), handOvers(before));
      },
    );
};

const fork = async (): Promise<void> =>
  check(
    "a fork with another goal computes its own figures and leaves the branch before it alone",
    async () => {
      const { id } = await small();
      const before = await finished(id);
      await client.threads.updateState(id, {
        values: { goal: "Revenue by region for August 2026" },
        checkpointId: await checkpointBefore(id, "plan"),
        asNode: "intake",
      });
      const ran = await fromHead(id, {});
      assert.deepEqual(ran.errors, []);
      const after = await finished(id);
      assert.match(after.values.ledger.title, /August/);
      for (const [task, sha256] of Object.entries(handOvers(after)))
        assert.notEqual(
          sha256,
          handOvers(before)[task],
          `${task} has the figures of the other branch`,
        );
      const other = await client.threads.getState<Values>(id, before.checkpoint);
      assert.deepEqual(handOvers(other), handOvers(before));
    },
  );

const followUp = async (id: string): Promise<void> =>
  check("a follow-up message makes a new plan and keeps what is verified", async () => {
    const before = await stateOf(id);
    await fromHead(id, {
      input: {
        messages: [{ role: "user", content: "now by quarter, and add margins" }],
        options: { review: [] },
      },
    });
    const after = await finished(id);
    assert.equal(after.values.ledger.revision, before.values.ledger.revision + 1);
    assert.equal(after.values.options.today, TODAY);
    const [was, is] = [handOvers(before), handOvers(after)];
    const kept = Object.keys(is).filter((task) => is[task] === was[task]);
    assert.ok(kept.length > 0, "no task was kept");
    const added = Object.keys(is).filter((task) => !(task in was));
    return `${kept.length} kept, ${added.length} new`;
  });

/** What people and programs get wrong; none of it may let anything run. */
const BAD_PLAN_ANSWERS: readonly (readonly [name: string, answer: unknown, error: RegExp])[] = [
  ["a decision that is not offered", { decisions: [{ type: "respond", value: 1 }] }, /not among/],
  ["an empty list", { decisions: [] }, /one decision is due/],
  ["two decisions", [{ type: "accept" }, { type: "accept" }], /one decision is due/],
  ["a malformed list", { decisions: ["approve"] }, /malformed/],
  ["an unknown word", "certainly", /not among/],
  ["another object", { ok: 1 }, /not among/],
  ["an edit without arguments", { type: "edit" }, /edited arguments/],
  ["an edit that is no plan", { type: "edit", args: { plan: { title: "x" } } }, /does not fit/],
  ["the hash of another question", { type: "approve", hash: "0".repeat(64) }, /another version/],
];

const badAnswers = async (): Promise<void> => {
  const { id } = await small({ review: ["plan"] });
  const { payload } = await onlyOpen(id, "plan");
  const broken = structuredClone(payload.actionRequests[0]?.args["plan"]) as Values["ledger"] & {
    tasks: { dependsOn: string[] }[];
  };
  broken.tasks[0]?.dependsOn.push("ghost");
  const cases = [
    ...BAD_PLAN_ANSWERS,
    ["an edited plan that cannot run", { type: "edit", args: { plan: broken } }, /ghost/] as const,
  ];
  for (const [name, answer, error] of cases)
    await check(`a bad answer is asked again with its error: ${name}`, async () => {
      const ran = await reply(id, answer);
      assert.deepEqual(ran.events, []);
      const again = await onlyOpen(id, "plan");
      assert.match(again.payload.error ?? ran.refusal, error);
      if (!isOurs) {
        assert.deepEqual(ran.nodes, ["__interrupt__"]);
        assert.match(again.payload.actionRequests[0]?.description ?? "", /not accepted/);
      }
      const state = await stateOf(id);
      assert.deepEqual(statuses(state), ["pending"]);
      assert.deepEqual(state.values.reviews, []);
    });
  await check("a good answer after ten bad ones goes on", async () => {
    await reply(id, { type: "approve", by: "kim" });
    const { values } = await finished(id);
    assert.deepEqual(
      values.reviews.map(({ decision, by }) => `${decision} by ${by}`),
      ["approve by kim"],
    );
  });
};

const goodAnswers = async (): Promise<void> => {
  const cases: readonly (readonly [name: string, answer: (open: Open) => unknown])[] = [
    ["Agent Inbox: accept", () => [{ type: "accept", args: null }]],
    ["LangChain: approve", () => ({ decisions: [{ type: "approve" }] })],
    ["per call, by the interrupt's id", ({ id }) => ({ [id]: { type: "approve" } })],
    [
      "LangChain by the interrupt's id",
      ({ id }) => ({ [id]: { decisions: [{ type: "approve" }] } }),
    ],
    ["with the question's hash", ({ payload }) => ({ type: "approve", hash: payload.hash })],
    ["plain: true", () => true],
  ];
  const edits: typeof cases = [
    [
      "Agent Inbox: edit",
      ({ payload }) => [{ type: "edit", args: { action: "plan", args: retitled(payload) } }],
    ],
    [
      "LangChain: edit",
      ({ payload }) => ({
        decisions: [{ type: "edit", editedAction: { name: "plan", args: retitled(payload) } }],
      }),
    ],
    [
      "LangChain in snake_case: edit",
      ({ payload }) => ({
        decisions: [{ type: "edit", edited_action: { name: "plan", args: retitled(payload) } }],
      }),
    ],
  ];
  for (const [name, answer] of cases)
    await check(`a good answer goes on: ${name}`, async () => {
      const { id } = await small({ review: ["plan"] });
      await reply(id, answer(await onlyOpen(id, "plan")));
      await finished(id);
    });
  for (const [name, answer] of edits)
    await check(`an edited plan is what runs: ${name}`, async () => {
      const { id } = await small({ review: ["plan"] });
      await reply(id, answer(await onlyOpen(id, "plan")));
      assert.equal((await finished(id)).values.ledger.title, "Edited by a person");
    });
  for (const [name, answer] of [
    ["Agent Inbox: ignore", [{ type: "ignore", args: null }]],
    ["LangChain: reject", { decisions: [{ type: "reject" }] }],
  ] as const)
    await check(`a refused result is not published: ${name}`, async () => {
      const { id } = await small({ review: ["result"] });
      await onlyOpen(id, "result");
      await reply(id, answer);
      const { values } = await stateOf(id);
      assert.equal(values.outcome?.status, "failed");
      assert.deepEqual(values.artifacts, []);
    });
};

const retitled = ({ actionRequests }: InterruptPayload): Record<string, unknown> => ({
  plan: { ...(actionRequests[0]?.args["plan"] as object), title: "Edited by a person" },
});

const duplicates = async (): Promise<void> =>
  check("two approvals of the plan at once do not approve the result too", async () => {
    const { id } = await small({ review: ["plan", "result"] });
    await onlyOpen(id, "plan");
    const command = { resume: { decisions: [{ type: "approve" }] } };
    const post = () =>
      client.runs.create(id, "orchestrator", { command, multitaskStrategy: "enqueue" });
    const posted = await Promise.allSettled([post(), post()]);
    const runs = posted.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    for (const each of posted)
      if (each.status === "rejected" && !isRefusal(each.reason)) throw each.reason;
    assert.ok(runs.length > 0);
    await Promise.all(runs.map(({ run_id }) => client.runs.join(id, run_id)));
    for (let tries = 0; tries < 50 && (await client.threads.get(id)).status === "busy"; tries += 1)
      await wait(100);
    const { payload } = await onlyOpen(id, "result");
    assert.equal((await stateOf(id)).values.outcome, null);
    return payload.error === undefined ? "the second was not taken for an answer" : payload.error;
  });

const faults = async (): Promise<void> => {
  await check(
    "a file that is not there is a clear error, and the thread can be used again",
    async () => {
      const { id, ran } = await begin({ goal: SMALL_GOAL, files: ["nowhere.csv"] });
      assert.match(JSON.stringify(ran.errors), /there is no file nowhere\.csv/);
      const again = await run(id, {
        input: { goal: SMALL_GOAL, files: ["examples/sales.csv"], options: { today: TODAY } },
      });
      assert.deepEqual(again.errors, []);
      await finished(id);
    },
  );
  await check("options of the wrong kind are refused before anything runs", async () => {
    const { ran } = await begin({ goal: SMALL_GOAL, options: { attempts: "many" } });
    assert.match(JSON.stringify(ran.errors), /options/);
    assert.deepEqual(ran.nodes, []);
  });
};

/** Revenue by region of one month, computed here from the file's text. */
const revenueByRegion = (month: string): Map<string, number> => {
  const [header = "", ...lines] = readFileSync(join(projectFolder, "examples/sales.csv"), "utf8")
    .trim()
    .split(/\r?\n/);
  const names = header.split(",");
  const [date, region, revenue] = ["date", "region", "revenue_eur"].map((name) =>
    names.indexOf(name),
  );
  const cents = new Map<string, number>();
  for (const line of lines) {
    const cells = line.split(",");
    if (!cells[date ?? -1]?.startsWith(month)) continue;
    const name = cells[region ?? -1] ?? "";
    cents.set(name, (cents.get(name) ?? 0) + Math.round(Number(cells[revenue ?? -1]) * 100));
  }
  return new Map([...cents].map(([name, sum]) => [name, sum / 100]));
};

const chat = async (): Promise<void> => {
  interface Said {
    type: string;
    name?: string;
    content: string;
  }
  const { thread_id: id } = await client.threads.create();
  const say = async (content: string, files: string[] = []): Promise<Said[]> => {
    const values = (await client.runs.wait(id, "agent", {
      input: { messages: [{ role: "user", content }], ...(files.length > 0 ? { files } : {}) },
    })) as { messages: Said[] };
    return values.messages.slice(values.messages.findLastIndex(({ type }) => type === "human"));
  };
  await check("the agent answers a question about sales.csv by SQL, to the cent", async () => {
    const turn = await say("What was revenue by region in September 2026?", ["examples/sales.csv"]);
    assert.ok(turn.some(({ type, name }) => type === "tool" && name === "sql"));
    const text = turn.at(-1)?.content ?? "";
    const expected = revenueByRegion("2026-09");
    assert.ok(expected.size > 2);
    for (const [region, revenue] of expected) {
      const figure = revenue.toLocaleString("en-GB", { style: "currency", currency: "EUR" });
      assert.ok(
        text.includes(region) && text.includes(figure),
        `${region} ${figure} is not in:\n${text}`,
      );
    }
    return `${expected.size} regions`;
  });
  await check("the agent remembers the file", async () => {
    const turn = await say("And by product in August 2026?");
    assert.match(turn.at(-1)?.content ?? "", /August 2026/);
  });
};

try {
  await assistants();
  await mainJob();
  await badAnswers();
  await goodAnswers();
  await duplicates();
  await fork();
  await faults();
  await chat();
} finally {
  await check("the server has ended and its port is free", async () => {
    assert.equal(await server.stop(), true);
  });
}
const total = passed + failures.length;
console.log(
  `studio: ${passed} of ${total} checks passed${failures.length === 0 ? "" : `; failed: ${failures.join("; ")}`}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
