// A guarded ChatOpenAI against a scripted server: what compose builds, with the waits recorded
// instead of waited.
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  guardModel,
  standardGuards,
  type CallContext,
  type GuardServices,
} from "../../src/governance/index.ts";
import {
  createFaultPolicy,
  createModelMeter,
  createModelRegistry,
  type PriceOptions,
} from "../../src/models/index.ts";
import type { BudgetLedger } from "../../src/ports/index.ts";
import type { RunEvent } from "../../src/protocol/index.ts";
import { createMemoryBudgetLedger } from "./memory-budget-ledger.ts";
import { permissive } from "./permissive-policy.ts";
import {
  startOpenAIServer,
  type OpenAIServer,
  type OpenAIServerOptions,
  type Script,
} from "./openai-server.ts";

export interface ModelBench {
  readonly server: OpenAIServer;
  readonly model: BaseChatModel;
  readonly raw: BaseChatModel;
  readonly services: GuardServices;
  readonly ledger: BudgetLedger;
  readonly context: CallContext;
  readonly events: RunEvent[];
  /** Milliseconds that the retries would have waited. */
  readonly waits: number[];
}

export interface BenchOptions extends OpenAIServerOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly prices?: PriceOptions;
  readonly maxOutputTokens?: number;
  readonly apiKey?: string;
  readonly now?: number;
  /** Default OpenAI's `openai:scripted`. */
  readonly provider?: BenchProvider;
}

export interface BenchProvider {
  readonly name: string;
  readonly keyVariable: string;
  readonly urlVariable: string;
}

const OPENAI: BenchProvider = {
  name: "openai",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
};

export const createModelBench = async (
  script: Script,
  options: BenchOptions = {},
): Promise<ModelBench> => {
  const server = await startOpenAIServer(script, options);
  const [events, waits]: [RunEvent[], number[]] = [[], []];
  const clock = { now: () => options.now ?? 0 };
  const { name, keyVariable, urlVariable } = options.provider ?? OPENAI;
  const registry = createModelRegistry({
    defaultModel: `${name}:scripted`,
    settings: { [urlVariable]: server.url, [keyVariable]: options.apiKey ?? "test-key" },
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const ledger = createMemoryBudgetLedger();
  const services: GuardServices = {
    clock,
    ledger,
    policy: permissive,
    meter: createModelMeter(options.prices),
    faults: createFaultPolicy({
      clock,
      sleep: async (milliseconds) => void waits.push(milliseconds),
    }),
    ...(options.maxOutputTokens === undefined ? {} : { maxOutputTokens: options.maxOutputTokens }),
  };
  const context: CallContext = {
    rootThread: "run",
    taskId: "task",
    signal: options.signal,
    emit: (event) => void events.push(event),
  };
  const raw = await registry.resolve("default");
  const model = guardModel(raw, standardGuards(services), context);
  return { server, model, raw, services, ledger, context, events, waits };
};
