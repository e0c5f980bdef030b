// Copies what was given into the store, before anything is planned; from here on only the copies count.
import type { BaseMessage } from "@langchain/core/messages";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { TuttiError } from "../../errors.ts";
import type { Amounts } from "../../ports/index.ts";
import { latestByName, type SourceRef } from "../../protocol/index.ts";
import { emitter, profilesOf, threadOf } from "../run-context.ts";
import type { OrchestratorServices, ServicesSource } from "../services.ts";
import { type Ledger, type Patch, RunOptions, type State } from "../state.ts";

const isHuman = (message: BaseMessage): boolean => message.getType() === "human";

/** What the person has said since the last plan. */
const newWords = (state: State): string =>
  state.messages
    .slice(state.ledger.messagesRead)
    .filter(isHuman)
    .map((message) => message.text.trim())
    .filter((text) => text !== "")
    .join("\n");

/** Results that rest on a file that was replaced are no longer verified. */
const withdrawn = (state: State, sources: readonly SourceRef[]): Patch["tasks"] => {
  const hashes = new Set(sources.map(({ sha256 }) => sha256));
  if (state.sources.every(({ sha256 }) => hashes.has(sha256))) return {};
  const ids = Object.keys(state.tasks);
  return Object.fromEntries(ids.map((id) => [id, { status: "dropped" as const }]));
};

const dataNotes = async (
  services: OrchestratorServices,
  sources: readonly SourceRef[],
  signal: AbortSignal | undefined,
): Promise<{ tables: string[]; notes: string[] }> => {
  const profiles = await profilesOf(services, sources, signal);
  return {
    tables: profiles.map((profile) => profile.name),
    notes: profiles.flatMap(({ file, issues }) =>
      issues.map((issue) => `${file}: ${issue.message}`),
    ),
  };
};

/** The goal, what was asked for since, and why a new plan is due when there is one already. */
const request = (state: State): Pick<State, "goal"> & Pick<Ledger, "reason" | "requests"> => {
  const words = newWords(state);
  const isFirst = state.ledger.revision === 0;
  if (isFirst && state.goal === "" && words === "")
    throw new TuttiError("USAGE", "there is no goal", {
      hint: "say what is to be done, e.g. “Monthly sales report for September 2026”",
    });
  const { requests } = state.ledger;
  if (isFirst)
    return { goal: [state.goal, words].filter(Boolean).join("\n"), reason: null, requests };
  return words === ""
    ? { goal: state.goal, reason: null, requests }
    : { goal: state.goal, reason: words, requests: [...requests, words] };
};

/** Limits given with the goal. Absolute amounts: a replayed node sets the same. */
const setLimits = async (
  { budget }: OrchestratorServices,
  thread: string,
  { tokens, eur, calls }: State["options"],
): Promise<void> => {
  const given: Amounts = {
    ...(tokens === undefined ? {} : { tokens }),
    ...(eur === undefined ? {} : { microEur: Math.round(eur * 1e6) }),
    ...(calls === undefined ? {} : { calls }),
  };
  if (Object.keys(given).length > 0)
    await budget.limit(thread, { ...(await budget.limits(thread)), ...given });
};

export const intake =
  (services: ServicesSource) =>
  async (state: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const ready = await services();
    const thread = threadOf(config);
    // Later a person may have granted more.
    if (state.ledger.revision === 0) await setLimits(ready, thread, state.options);
    const { goal, reason, requests } = request(state);
    const copied = await Promise.all(state.files.map((file) => ready.copyInput(file, thread)));
    const sources = latestByName([...state.sources, ...copied]);
    const { tables, notes } = await dataNotes(ready, sources, config.signal);
    emitter(config)({ type: "intake-end", files: sources.map(({ name }) => name), tables });
    const today = new Date(ready.clock.now()).toISOString().slice(0, 10);
    return {
      goal,
      files: [],
      sources,
      tasks: withdrawn(state, sources),
      options: RunOptions.parse({ today, ...state.options }),
      outcome: null,
      artifacts: [],
      ledger: {
        ...state.ledger,
        dataNotes: notes,
        reason,
        requests,
        replans: 0,
        messagesRead: state.messages.length,
      },
    };
  };
