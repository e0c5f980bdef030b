// Carries a plan out with real specialists, real tools and the real verifier, one task after the other.
import type { StructuredToolInterface } from "@langchain/core/tools";
import { AgentDeclaration, createSpecialist, type Toolset } from "../../../src/agents/index.ts";
import { OfflineModel } from "../../../src/models/offline/index.ts";
import type { TableSession, TaskContext } from "../../../src/ports/index.ts";
import type { Finding, HandOver, Plan, SourceRef, Task } from "../../../src/protocol/index.ts";
import { createDocumentReader, searchDocumentsTool, sqlTool } from "../../../src/tools/index.ts";
import { createVerifier } from "../../../src/verification/index.ts";
import { CARDS, type Bench } from "./example-tables.ts";

export interface Outcome {
  readonly task: Task;
  readonly handOver: HandOver;
  readonly findings: readonly Finding[];
}

export interface RunOptions {
  readonly bench: Bench;
  readonly session: TableSession;
  readonly sources: readonly SourceRef[];
  readonly goal: string;
  readonly caveats?: readonly string[];
  /** Tools beyond sql and search, by name. */
  readonly tools?: (context: TaskContext) => readonly StructuredToolInterface[];
  /** Kinds of output to leave out. */
  readonly without?: readonly Task["expects"]["kind"][];
}

const declarationOf = (card: (typeof CARDS)[number]): AgentDeclaration =>
  AgentDeclaration.parse({ ...card, backstory: "A test's own.", model: "offline" });

/** Outcome of each task by id; a task whose inputs failed still runs on what there is. */
export const runPlan = async (plan: Plan, options: RunOptions): Promise<Map<string, Outcome>> => {
  const { bench, session, sources, goal } = options;
  const documents = createDocumentReader({ store: bench.store });
  const verifier = createVerifier({ tables: bench.engine, artifacts: bench.store, documents });
  const outcomes = new Map<string, Outcome>();
  for (const task of plan.tasks.filter(
    ({ expects }) => options.without?.includes(expects.kind) !== true,
  )) {
    const card = CARDS.find(({ name }) => name === task.assignee);
    if (card === undefined) throw new Error(`no assignee ${task.assignee}`);
    const done = task.dependsOn.flatMap((id) => {
      const outcome = outcomes.get(id);
      return outcome === undefined ? [] : [[id, outcome.handOver] as const];
    });
    const context: TaskContext = {
      rootThread: "t",
      thread: `t/${task.id}/1`,
      task,
      attempt: 1,
      goal,
      sources,
      inputs: Object.fromEntries(done),
      caveats: options.caveats ?? [],
      signal: undefined,
      emit: () => undefined,
    };
    const toolset: Toolset = {
      create: async (names) => {
        const made = [
          sqlTool({ session, store: bench.store }),
          searchDocumentsTool({ reader: documents, sources }),
          ...(options.tools?.(context) ?? []),
        ];
        return made.filter(({ name }) => names.includes(name));
      },
    };
    const specialist = createSpecialist({
      declaration: declarationOf(card),
      toolset,
      models: async () => new OfflineModel(),
      artifacts: bench.store,
    });
    const graph = await specialist.graph(context);
    const state = await graph.invoke(
      specialist.input(context, { tables: session.profiles, findings: [] }),
      {
        configurable: { thread_id: context.thread },
      },
    );
    const handOver = await specialist.handOver(state, context);
    const { findings } = await verifier.verify(handOver, context);
    outcomes.set(task.id, { task, handOver, findings });
  }
  return outcomes;
};
