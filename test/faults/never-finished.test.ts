// A specialist that hands over something false never makes a finished run: it is sent back with the
// verdict, and when it does so every time, the run fails and nothing is published.
import type { Assignee } from "../../src/ports/index.ts";
import type { OutputKind } from "../../src/protocol/index.ts";
import { type Job, openJob, rejectionsOf, valuesOf } from "../job/job.ts";
import { HAND_OVER_FAULTS } from "./catalogue.ts";
import { plantInHandOver } from "./fault.ts";

const GOAL = "Revenue by region in September 2026 against last month";

const faultNamed = (name: string) => {
  const fault = HAND_OVER_FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`no fault ${name}`);
  return fault;
};

interface Spoiled {
  readonly job: Job;
  /** Attempts whose hand-over was spoiled, as `task/attempt`. */
  readonly planted: string[];
}

/** A job whose specialists of one kind hand over a fault in the attempts chosen. */
const spoiledJob = async (
  faultName: string,
  kind: OutputKind,
  when: (attempt: number) => boolean,
): Promise<Spoiled> => {
  const fault = faultNamed(faultName);
  const job = await openJob();
  const planted: string[] = [];
  const { artifacts, tables, assignees } = job.orchestrator;
  const spoil = (assignee: Assignee): Assignee => ({
    card: assignee.card,
    graph: (context) => assignee.graph(context),
    input: (context, extras) => assignee.input(context, extras),
    handOver: async (state, context) => {
      const handOver = await assignee.handOver(state, context);
      if (context.task.expects.kind !== kind || !when(context.attempt)) return handOver;
      const session = await tables.open(context.sources.filter((one) => one.kind === "table"));
      const tools = { artifacts, tables: session };
      const seed = `${context.attempt}`;
      const spoiled = await plantInHandOver(fault, { handOver, context }, seed, tools);
      if (spoiled === undefined) return handOver;
      planted.push(`${context.task.id}/${context.attempt}`);
      return spoiled;
    },
  });
  for (const [name, assignee] of Object.entries(assignees))
    Object.assign(assignees, { [name]: spoil(assignee) });
  return { job, planted };
};

test.each<[string, OutputKind]>([
  ["a total counted twice", "tables"],
  ["a number made up at the end", "narrative"],
  ["a cell of the finished workbook changed", "files"],
  ["success claimed with nothing done", "files"],
])("%s, at every attempt: the run fails and publishes nothing", async (name, kind) => {
  const { job, planted } = await spoiledJob(name, kind, () => true);
  try {
    const end = await job.run(GOAL, ["sales.csv"], { attempts: 2, replans: 1 });
    expect(end.status).toBe("failed");
    expect(end.values["artifacts"]).toEqual([]);
    expect(planted.length).toBeGreaterThanOrEqual(2);
    const { tasks } = valuesOf(end);
    const records = Object.values(tasks).filter(({ task }) => task.expects.kind === kind);
    expect(records.map(({ status }) => status)).not.toContain("done");
    const codes = records.flatMap(({ rejected }) =>
      rejected.map(({ findings }) => findings.map(({ code }) => code)),
    );
    expect(codes.length).toBeGreaterThanOrEqual(2);
    for (const named of codes)
      expect(named.some((code) => faultNamed(name).expect.includes(code))).toBe(true);
  } finally {
    await job.close();
  }
});

test("a fault in the first attempt alone is sent back, and the second attempt is taken", async () => {
  const { job, planted } = await spoiledJob("a total counted twice", "tables", (n) => n === 1);
  try {
    const end = await job.run(GOAL, ["sales.csv"]);
    expect(end.status).toBe("finished");
    const rejected = Object.keys(rejectionsOf(end));
    expect(rejected.length).toBeGreaterThan(0);
    expect(planted.map((one) => one.split("/")[0]).sort()).toEqual(rejected.sort());
    for (const id of rejected) expect(valuesOf(end).tasks[id]?.attempt).toBe(2);
  } finally {
    await job.close();
  }
});
