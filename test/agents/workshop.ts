// A place for agents to work in: a real store, DuckDB over a small table, a document, and real tools.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BaseMessage } from "@langchain/core/messages";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { MemorySaver } from "@langchain/langgraph";
import { z } from "zod";
import { AgentDeclaration, createSpecialist, type Toolset } from "../../src/agents/index.ts";
import { createLocalArtifactStore } from "../../src/artifacts/index.ts";
import type { ArtifactStore, Assignee, AssigneeInput, TaskContext } from "../../src/ports/index.ts";
import type { HandOver, RunEvent, SourceRef, Task } from "../../src/protocol/index.ts";
import {
  createDocumentReader,
  createTableEngine,
  searchDocumentsTool,
  sqlTool,
} from "../../src/tools/index.ts";
import { type Script, ScriptedModel } from "../fakes/scripted-model.ts";

export const SALES = "region,revenue\nNorth,100.5\nSouth,200\nNorth,50\n";
export const MEMO =
  "# Memo\n\nA harbour strike in Genoa delayed deliveries to the north in August.\n";

export const declare = (given: Partial<z.input<typeof AgentDeclaration>> = {}): AgentDeclaration =>
  AgentDeclaration.parse({
    name: "analyst",
    role: "Analyst",
    goal: "Right figures",
    backstory: "Knows SQL.",
    tools: ["sql"],
    produces: "tables",
    ...given,
  });

export const taskOf = (given: Partial<Task> = {}): Task => ({
  id: "by-region",
  title: "Revenue by region",
  instructions: "Sum revenue by region.",
  assignee: "analyst",
  dependsOn: [],
  expects: { kind: "tables", description: "one row per region" },
  checks: ["schema"],
  ...given,
});

export interface Workshop {
  readonly store: ArtifactStore;
  readonly sources: readonly SourceRef[];
  readonly toolset: Toolset;
  /** How often each tool ran. */
  readonly ran: Record<string, number>;
  context(given?: Partial<TaskContext>): TaskContext;
  specialist(declaration: AgentDeclaration, script: Script): Assignee;
  close(): Promise<void>;
}

/** Counts runs of a tool without changing it. */
const counted = (inner: StructuredToolInterface, ran: Record<string, number>) => {
  const outer = Object.create(inner) as StructuredToolInterface;
  outer.invoke = (input, config) => {
    ran[inner.name] = (ran[inner.name] ?? 0) + 1;
    return inner.invoke(input, config);
  };
  return outer;
};

/** A tool that makes a text file, as the rendering tools make theirs. */
const makeFileTool = (store: ArtifactStore) =>
  tool(
    async ({ name }): Promise<string> =>
      JSON.stringify(await store.put(Buffer.from(`file ${name}`), { name, mime: "text/plain" })),
    { name: "make_file", description: "Makes a file.", schema: z.object({ name: z.string() }) },
  );

export const openWorkshop = async (
  extra: readonly StructuredToolInterface[] = [],
): Promise<Workshop> => {
  const folder = await mkdtemp(join(tmpdir(), "tutti-agents-"));
  const store = createLocalArtifactStore({ folder });
  const put = async (name: string, text: string, kind: SourceRef["kind"]): Promise<SourceRef> => ({
    ...(await store.put(Buffer.from(text), { name, mime: "text/plain" })),
    kind,
  });
  const sources = [await put("sales.csv", SALES, "table"), await put("memo.md", MEMO, "document")];
  const engine = createTableEngine({ store });
  const session = await engine.open(sources.filter(({ kind }) => kind === "table"));
  const reader = createDocumentReader({ store });
  const ran: Record<string, number> = {};
  const toolset: Toolset = {
    create: async (names) =>
      [
        sqlTool({ session, store }),
        searchDocumentsTool({ reader, sources }),
        makeFileTool(store),
        ...extra,
      ]
        .filter(({ name }) => names.includes(name))
        .map((one) => counted(one, ran)),
  };
  return {
    store,
    sources,
    toolset,
    ran,
    context: (given = {}) => ({
      rootThread: "run",
      thread: "run/by-region/1",
      task: taskOf(),
      attempt: 1,
      goal: "Sales report",
      sources,
      inputs: {},
      caveats: [],
      signal: undefined,
      emit: (_event: RunEvent) => undefined,
      ...given,
    }),
    specialist: (declaration, script) =>
      createSpecialist({
        declaration,
        toolset,
        models: async () => new ScriptedModel(script),
        artifacts: store,
      }),
    close: async () => {
      await engine.close();
      await rm(folder, { recursive: true });
    },
  };
};

export const configOf = (context: TaskContext, saver = new MemorySaver()) => ({
  configurable: { thread_id: context.thread, __pregel_checkpointer: saver },
  durability: "sync" as const,
});

/** Runs one attempt from its start to its end or its question. */
export const runAttempt = async (
  assignee: Assignee,
  context: TaskContext,
  { saver = new MemorySaver(), input }: { saver?: MemorySaver; input?: AssigneeInput } = {},
) => {
  const graph = await assignee.graph(context);
  const config = configOf(context, saver);
  const start = assignee.input(context, { tables: [], findings: [] });
  await graph.invoke(input === undefined ? start : input, config);
  const state = await graph.getState(config);
  const values = state.values as { messages: BaseMessage[] };
  return { state, messages: values.messages, values };
};

/** Runs one attempt to its end and hands over. */
export const handOverOf = async (assignee: Assignee, context: TaskContext): Promise<HandOver> => {
  const { values } = await runAttempt(assignee, context);
  return await assignee.handOver(values, context);
};
