// The graphs that langgraph.json names, as the command line runs them: compiled ones only.
import { TuttiError } from "../errors.ts";
import { type ExecutableGraph, isExecutableGraph } from "./executable-graph.ts";
import { type ImportModule, readGraphExports } from "./graph-exports.ts";

export interface GraphRegistry {
  readonly ids: readonly string[];
  /** Throws USAGE for an unknown id, CONFIG_INVALID when the module has no such graph. */
  load(id: string): Promise<ExecutableGraph>;
}

export const createGraphRegistry = (config: unknown, importModule: ImportModule): GraphRegistry => {
  const graphs = readGraphExports(config, importModule);
  return {
    ids: graphs.ids,
    load: async (id) => {
      if (!graphs.has(id))
        throw new TuttiError("USAGE", `there is no graph "${id}"`, {
          hint: `langgraph.json has ${graphs.ids.join(", ")}`,
        });
      const { value } = await graphs.load(id);
      if (isExecutableGraph(value)) return value;
      throw new TuttiError("CONFIG_INVALID", `graph ${id}: what it names is no compiled graph`);
    },
  };
};
