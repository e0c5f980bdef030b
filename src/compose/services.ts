// The composition root for graphs: all that they import. Opened on first use, once per data folder.
import { join } from "node:path";
import {
  type ChatServices,
  createSpecialist,
  type ModelSource,
  readAgentDeclarations,
} from "../agents/index.ts";
import { TuttiError } from "../errors.ts";
import { guardModel, standardGuards } from "../governance/index.ts";
import {
  createFaultPolicy,
  createModelMeter,
  createModelRegistry,
  judgeHandOver,
} from "../models/index.ts";
import type { OrchestratorServices } from "../orchestrator/index.ts";
import { TOOL_NAMES } from "../protocol/index.ts";
import { createDocumentReader, createTableEngine } from "../tools/index.ts";
import { createVerifier, type Judge } from "../verification/index.ts";
import { copyInput } from "./copy-input.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { projectFolder, version } from "./project.ts";
import { readSettings, type Settings } from "./settings.ts";
import { createToolset } from "./toolset.ts";

export interface Opened {
  readonly data: DataFolder;
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

/** Builds everything for one set of settings. */
export const compose = async (settings: Settings): Promise<Opened> => {
  const data = await openDataFolder(settings.data);
  const { artifacts, budget, clock } = data;
  const tables = createTableEngine({ store: artifacts });
  const documents = createDocumentReader({ store: artifacts });
  const registry = createModelRegistry({
    defaultModel: settings.model,
    settings: settings.environment,
    timeoutMs: settings.modelTimeoutMs,
  });
  const guards = standardGuards({
    ledger: budget,
    meter: createModelMeter({ eurPerUsd: settings.eurPerUsd }),
    faults: createFaultPolicy(),
    clock,
  });
  const models: ModelSource = async (name, context) =>
    guardModel(await registry.resolve(name), guards, { ...context, taskId: context.task.id });
  const judge: Judge = async (handOver, context) =>
    judgeHandOver(await models("default", context), handOver, context);
  const toolset = createToolset({
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
      guardModel(await registry.resolve(settings.plannerModel), guards, context),
    copyInput: copyInput(artifacts),
    about: { version, model: modelOf },
  };
  return {
    data,
    orchestrator,
    chat: {
      declaration: await readAssistant(),
      toolset,
      models,
      copyInput: orchestrator.copyInput,
      today: () => new Date(clock.now()).toISOString().slice(0, 10),
    },
    close: async () => {
      await tables.close();
      await data.close();
    },
  };
};

const opened = new Map<string, Promise<Opened>>();
let chosen: string | undefined;

/** Makes a data folder the one that graphs work in from now on. */
export const useDataFolder = (folder: string): void => {
  chosen = folder;
};

/** Everything, for the chosen data folder or the one that TUTTI_DATA names. */
export const openServices = (): Promise<Opened> => {
  const settings = readSettings({
    ...process.env,
    ...(chosen === undefined ? {} : { TUTTI_DATA: chosen }),
  });
  const key = settings.data;
  const promise = opened.get(key) ?? compose(settings);
  opened.set(key, promise);
  promise.catch(() => opened.delete(key));
  return promise;
};

/** Closes what was opened for a data folder. */
export const closeServices = async (folder: string): Promise<void> => {
  const promise = opened.get(folder);
  opened.delete(folder);
  await (await promise)?.close();
};

/** What the orchestrator graph is made with. */
export const orchestratorServices = async (): Promise<OrchestratorServices> =>
  (await openServices()).orchestrator;

/** What the chat graph is made with. */
export const chatServices = async (): Promise<ChatServices> => (await openServices()).chat;
