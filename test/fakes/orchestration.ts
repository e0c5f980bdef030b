// An orchestrator with scripted parts: a planner, assignees that are small real graphs, and a verifier
// that believes what it is told to. What is under test is the orchestrator itself.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END, interrupt, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { createLocalArtifactStore } from "../../src/artifacts/index.ts";
import { createOrchestrator, type OrchestratorServices } from "../../src/orchestrator/index.ts";
import type { Assignee, AssigneeGraph, TableEngine, TaskContext } from "../../src/ports/index.ts";
import {
  type Finding,
  HandOver,
  type Plan,
  type PlannerBriefing,
  type Question,
  SUBMIT_PLAN,
  type Task,
  verdictOf,
} from "../../src/protocol/index.ts";
import type { ExecutableGraph } from "../../src/runs/index.ts";
import { createMemoryBudgetLedger } from "./memory-budget-ledger.ts";
import { PlannerModel, type PlannerScript } from "./planner-model.ts";

/** What an assignee does with an attempt: hand over, ask first, or fail. */
export type Behaviour = (attempt: {
  context: TaskContext;
  /** Asks a person and goes on with the answer. */
  ask(question: string): unknown;
}) => Partial<HandOver> | Promise<Partial<HandOver>>;

export interface Script {
  plan: Plan | ((briefing: PlannerBriefing) => Plan | ReturnType<PlannerScript>);
  behaviours?: Record<string, Behaviour>;
  verify?: (handOver: HandOver, context: TaskContext) => Finding[];
}

export interface Journal {
  /** `task/attempt` for each time a task's work was really done. */
  worked: string[];
  briefings: PlannerBriefing[];
}

export const task = (id: string, more: Partial<Task> = {}): Task => ({
  id,
  title: `Task ${id}`,
  instructions: `do ${id}`,
  assignee: "worker",
  dependsOn: [],
  expects: { kind: "data", description: "anything" },
  checks: ["schema"],
  ...more,
});

export const planOf = (...tasks: Task[]): Plan => ({
  title: "A plan",
  tasks,
  coverage: [],
  notCovered: [],
  assumptions: [],
});

const WorkState = new StateSchema({
  handOver: z.custom<Partial<HandOver>>().optional(),
});

const workerGraph = (behaviour: Behaviour, context: TaskContext, journal: Journal): AssigneeGraph =>
  new StateGraph(WorkState)
    .addNode("act", async () => {
      const ask = (text: string): unknown => {
        const question: Question = {
          id: context.task.id,
          kind: "task",
          description: text,
          args: {},
          allowed: ["respond", "reject"],
        };
        return interrupt(question);
      };
      const handOver = await behaviour({ context, ask });
      journal.worked.push(`${context.task.id}/${context.attempt}`);
      return { handOver };
    })
    .addEdge(START, "act")
    .addEdge("act", END)
    .compile() as unknown as AssigneeGraph;

const worker = (script: Script, journal: Journal): Assignee => ({
  card: { name: "worker", role: "Worker", goal: "works", tools: [], produces: "data" },
  graph: async (context) => {
    const behaviour = script.behaviours?.[context.task.id] ?? (() => ({ data: { ok: true } }));
    return workerGraph(behaviour, context, journal);
  },
  input: () => ({}),
  handOver: async (state) =>
    HandOver.parse({ status: "done", summary: "done", ...(state["handOver"] as object) }),
});

const noTables: TableEngine = {
  open: async () => ({
    profiles: [],
    query: () => Promise.reject(new Error("no tables here")),
    // oxlint-disable-next-line require-yield -- there are none
    scan: async function* none() {
      throw new Error("no tables here");
    },
  }),
  close: async () => undefined,
};

const plannerScript =
  (script: Script, journal: Journal): PlannerScript =>
  (briefing) => {
    journal.briefings.push(briefing);
    const made = typeof script.plan === "function" ? script.plan(briefing) : script.plan;
    return "tool" in made ? made : { tool: SUBMIT_PLAN, args: made };
  };

/** The graph, its services, and a journal of what was really done. */
export const orchestration = (script: Script) => {
  const journal: Journal = { worked: [], briefings: [] };
  const services: OrchestratorServices = {
    clock: { now: () => Date.parse("2026-10-01T08:00:00Z") },
    artifacts: createLocalArtifactStore({ folder: mkdtempSync(join(tmpdir(), "tutti-test-")) }),
    tables: noTables,
    verifier: {
      verify: async (handOver, context) =>
        verdictOf(script.verify?.(handOver, context) ?? [], ["schema"]),
    },
    budget: createMemoryBudgetLedger(),
    assignees: { worker: worker(script, journal) },
    planner: async () => new PlannerModel(plannerScript(script, journal)),
    copyInput: () => Promise.reject(new Error("no inputs here")),
    about: { version: "test", model: () => "scripted" },
  };
  const graph = createOrchestrator(async () => services) as unknown as ExecutableGraph;
  return { graph, services, journal };
};
