// Writes the manifest, which says where every file and figure comes from, and ends the run.
import { AIMessage } from "@langchain/core/messages";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { manifestOf } from "../manifest.ts";
import { loadHandOver, threadOf } from "../run-context.ts";
import type { ServicesSource } from "../services.ts";
import { spentBy } from "../spent.ts";
import type { Patch, State } from "../state.ts";

export const publish =
  (source: ServicesSource) =>
  async (state: State, config: LangGraphRunnableConfig): Promise<Patch> => {
    const services = await source();
    const rootThread = threadOf(config);
    const spent = spentBy(await services.budget.totals(rootThread));
    const records = Object.values(state.tasks).filter(({ handOver }) => handOver !== null);
    const handOvers = Object.fromEntries(
      await Promise.all(
        records.map(
          async ({ task, handOver }) =>
            [task.id, handOver && (await loadHandOver(services.artifacts, handOver))] as const,
        ),
      ),
    );
    const manifest = manifestOf({ state, rootThread, spent, handOvers, services });
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
    const file = await services.artifacts.put(bytes, {
      name: "manifest.json",
      mime: "application/json",
    });
    const artifacts = [...state.artifacts, file];
    const message = `${state.ledger.title}: finished and checked. Files: ${artifacts.map(({ name }) => name).join(", ")}.`;
    return {
      artifacts,
      spent,
      outcome: { status: "finished", message },
      messages: [new AIMessage(message)],
    };
  };
