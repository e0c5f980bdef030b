// The built-in tools by name, each guarded. Nobody gets a tool in any other way.
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { Toolset } from "../agents/index.ts";
import { TuttiError } from "../errors.ts";
import { type Guard, guardTool } from "../governance/index.ts";
import type {
  ArtifactStore,
  DocumentReader,
  HttpClient,
  TableEngine,
  TaskContext,
} from "../ports/index.ts";
import { TOOL_NAMES } from "../protocol/index.ts";
import {
  describeTablesTool,
  reportTools,
  searchDocumentsTool,
  sqlTool,
  webSearchTool,
} from "../tools/index.ts";

export interface ToolsetParts {
  readonly tables: TableEngine;
  readonly documents: DocumentReader;
  readonly artifacts: ArtifactStore;
  readonly guards: readonly Guard[];
  readonly http: HttpClient;
  readonly searxngUrl: string | undefined;
}

type Factory = (
  context: TaskContext,
  parts: ToolsetParts,
) => Promise<StructuredToolInterface | undefined> | StructuredToolInterface | undefined;

const sessionOf = ({ sources, signal }: TaskContext, { tables }: ToolsetParts) =>
  tables.open(
    sources.filter(({ kind }) => kind === "table"),
    signal,
  );

const report =
  (name: string): Factory =>
  (context, { artifacts }) =>
    reportTools({ context, store: artifacts }).find((one) => one.name === name);

const FACTORIES: Readonly<Record<(typeof TOOL_NAMES)[number], Factory>> = {
  describe_tables: async (context, parts) => describeTablesTool(await sessionOf(context, parts)),
  sql: async (context, parts) =>
    sqlTool({
      session: await sessionOf(context, parts),
      store: parts.artifacts,
      signal: context.signal,
    }),
  search_documents: ({ sources, signal }, { documents }) =>
    searchDocumentsTool({ reader: documents, sources, signal }),
  web_search: ({ signal }, { http, searxngUrl }) =>
    searxngUrl === undefined ? undefined : webSearchTool({ http, searxngUrl, signal }),
  chart: report("chart"),
  workbook: report("workbook"),
  pdf: report("pdf"),
  dashboard: report("dashboard"),
  // Agents make this one themselves: it interrupts their own graph.
  ask_person: () => undefined,
};

const isToolName = (name: string): name is keyof typeof FACTORIES => Object.hasOwn(FACTORIES, name);

/** @public Loaded by compose/services.ts with a dynamic import. */
export const createToolset = (parts: ToolsetParts): Toolset => ({
  create: async (names, context) => {
    const made = await Promise.all(
      names.map(async (name) => {
        if (!isToolName(name))
          throw new TuttiError("CONFIG_INVALID", `there is no tool "${name}"`, {
            hint: `there are ${TOOL_NAMES.join(", ")}`,
          });
        return FACTORIES[name](context, parts);
      }),
    );
    const call = { ...context, taskId: context.task.id, agent: context.task.assignee };
    return made.filter((one) => one !== undefined).map((one) => guardTool(one, parts.guards, call));
  },
});
