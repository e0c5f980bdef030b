// The composition root for graphs: all that they import. Opened on first use, once per data folder.
// What does the work (tools, models, checks) is loaded then too: listing threads needs none of it.
import { join } from "node:path";
import {
  type ChatServices,
  createSpecialist,
  type ModelSource,
  readAgentDeclarations,
} from "../agents/index.ts";
import { TuttiError } from "../errors.ts";
import { guardModel, openPolicyFolder, standardGuards } from "../governance/index.ts";
import type { OrchestratorServices } from "../orchestrator/index.ts";
import type { DocumentReader, FaultPolicy } from "../ports/index.ts";
import { TOOL_DECLARATIONS, TOOL_NAMES } from "../protocol/index.ts";
import type { Judge } from "../verification/index.ts";
import type { InputAccess } from "./copy-input.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { ownedSources } from "./owned-sources.ts";
import { projectFolder, version } from "./project.ts";
import { readSettings, type Settings } from "./settings.ts";

/** Where the services keep what they make. */
export interface ServiceData extends Pick<DataFolder, "artifacts" | "budget" | "clock" | "close"> {
  /** What threads may read of this machine and of the store; absent: what the user may. */
  readonly inputs?: InputAccess;
}

export interface Opened<Data extends ServiceData = DataFolder> {
  readonly data: Data;
  readonly documents: DocumentReader;
  readonly orchestrator: OrchestratorServices;
  readonly chat: ChatServices;
  close(): Promise<void>;
}

/** Who answers in the chat graph. */
const readAssistant = async (): Promise<ChatServices["declaration"]> => {
  const file = join(projectFolder, "graphs/chat/assistant.yaml");
  const [assistant] = await readAgentDeclarations([file], { tools: TOOL_NAMES });
  if (assistant === undefined) throw new TuttiError("CONFIG_INVALID", `${file} declares no agent`);
  return assistant;
};

const loadWorkers = async () => {
  const [models, tools, verification, toolset, copy, outbound] = await Promise.all([
    import("../models/index.ts"),
    import("../tools/index.ts"),
    import("../verification/index.ts"),
    import("./toolset.ts"),
    import("./copy-input.ts"),
    import("./open-http-client.ts"),
  ]);
  return { ...models, ...tools, ...verification, ...toolset, ...copy, ...outbound };
};

/** On the command line: an edit that is not taken concerns whoever made it. */
const warn = (level: "info" | "warning", message: string): void => {
  if (level === "warning") process.emitWarning(message);
};

export interface Given {
  /** What is done about model calls that fail; tests hand in one that does not wait. */
  readonly faults?: FaultPolicy;
  /** Told of edits to the policies; default a warning of the process. */
  readonly report?: (level: "info" | "warning", message: string) => void;
}

/** Builds everything for one set of settings, over a data folder of its own. */
export const compose = (settings: Settings, given: Given = {}): Promise<Opened> =>
  composeOver(openDataFolder(settings.data, settings.encryption), settings, given);

/** Builds everything for one set of settings, over data that are open already. */
export const composeOver = async <Data extends ServiceData>(
  opening: Promise<Data>,
  settings: Settings,
  given: Given = {},
): Promise<Opened<Data>> => {
  const [data, workers] = await Promise.all([opening, loadWorkers()]);
  const { createDocumentReader, createTableEngine, createToolset, createVerifier } = workers;
  const {
    createFaultPolicy,
    openHttpClient,
    createModelMeter,
    createModelRegistry,
    judgeHandOver,
  } = workers;
  const { artifacts, budget, clock } = data;
  const sources = data.inputs === undefined ? undefined : ownedSources(artifacts);
  const engine = createTableEngine({ store: artifacts });
  const reader = createDocumentReader({ store: artifacts });
  const tables = sources?.tables(engine) ?? engine;
  const documents = sources?.documents(reader) ?? reader;
  const registry = createModelRegistry({
    defaultModel: settings.model,
    settings: settings.environment,
    timeoutMs: settings.modelTimeoutMs,
  });
  const policy = openPolicyFolder({
    folder: settings.policies,
    tools: TOOL_DECLARATIONS,
    clock,
    report: given.report ?? warn,
  });
  const guards = standardGuards({
    policy,
    ledger: budget,
    meter: createModelMeter({ eurPerUsd: settings.eurPerUsd }),
    faults: given.faults ?? createFaultPolicy(),
    clock,
  });
  const models: ModelSource = async (name, context) =>
    guardModel(await registry.resolve(name), guards, {
      ...context,
      taskId: context.task.id,
      agent: context.task.assignee,
    });
  const judge: Judge = async (handOver, context) =>
    judgeHandOver(await models("default", context), handOver, context);
  const http = openHttpClient(settings);
  const toolset = createToolset({
    http,
    tables,
    documents,
    artifacts,
    guards,
    searxngUrl: settings.searxngUrl,
  });
  const declarations = await readAgentDeclarations(join(projectFolder, "graphs/agents"), {
    tools: TOOL_NAMES,
  });
  const specialists = declarations.map((declaration) =>
    createSpecialist({ declaration, toolset, models, artifacts }),
  );
  const modelOf = (name: string): string =>
    name === "planner"
      ? registry.fullName(settings.plannerModel)
      : registry.fullName(declarations.find((one) => one.name === name)?.model ?? "default");
  const orchestrator: OrchestratorServices = {
    clock,
    artifacts,
    tables,
    budget,
    verifier: createVerifier({
      tables,
      artifacts,
      documents,
      ...(settings.model === "offline" ? {} : { judge }),
    }),
    assignees: Object.fromEntries(specialists.map((one) => [one.card.name, one])),
    planner: async (context) =>
      guardModel(await registry.resolve(settings.plannerModel), guards, {
        ...context,
        agent: "planner",
      }),
    copyInput: workers.copyInput(artifacts, data.inputs),
    about: { version, model: modelOf },
  };
  return {
    data,
    documents,
    orchestrator,
    chat: {
      declaration: await readAssistant(),
      toolset,
      models,
      copyInput: orchestrator.copyInput,
      today: () => new Date(clock.now()).toISOString().slice(0, 10),
    },
    close: async () => {
      http.close();
      await tables.close();
      await data.close();
    },
  };
};

const folders = new Map<string, Promise<DataFolder>>();
const opened = new Map<string, Promise<Opened>>();
let chosen: string | undefined;

/** Makes a data folder the one that graphs work in from now on. */
export const useDataFolder = (folder: string): void => {
  chosen = folder;
};

/** Remembers what is opened under a name, and forgets what could not be. */
const once = <Value>(
  map: Map<string, Promise<Value>>,
  name: string,
  open: () => Promise<Value>,
): Promise<Value> => {
  const promise = map.get(name) ?? open();
  map.set(name, promise);
  promise.catch(() => map.delete(name));
  return promise;
};

const openFolder = ({ data, encryption }: Settings): Promise<DataFolder> =>
  once(folders, data, () => openDataFolder(data, encryption));

const settingsNow = (): Settings =>
  readSettings({ ...process.env, ...(chosen === undefined ? {} : { TUTTI_DATA: chosen }) });

/** The records alone, of the chosen data folder or the one that TUTTI_DATA names. */
export const openData = (): Promise<DataFolder> => openFolder(settingsNow());

/** Everything, for the chosen data folder or the one that TUTTI_DATA names. */
export const openServices = (): Promise<Opened> => {
  const settings = settingsNow();
  return once(opened, settings.data, () => composeOver(openFolder(settings), settings));
};

let served: (() => Promise<Pick<Opened, "orchestrator" | "chat">>) | undefined;

/** Makes services that a server has opened the ones that graphs are made with. */
export const useServices = (open: NonNullable<typeof served>): void => {
  served = open;
};

const graphServices = () => served?.() ?? openServices();

/** Closes what was opened for a data folder. */
export const closeServices = async (folder: string): Promise<void> => {
  const [services, data] = [opened.get(folder), folders.get(folder)];
  opened.delete(folder);
  folders.delete(folder);
  if (services === undefined) await (await data)?.close();
  else await (await services).close();
};

/** What the orchestrator graph is made with. */
export const orchestratorServices = async (): Promise<OrchestratorServices> =>
  (await graphServices()).orchestrator;

/** What the chat graph is made with. */
export const chatServices = async (): Promise<ChatServices> => (await graphServices()).chat;
