// The graphs that langgraph.json names, loaded when they are first asked for.
import { z } from "zod";
import { messageOf, TuttiError } from "../errors.ts";
import { type ExecutableGraph, isExecutableGraph } from "./executable-graph.ts";

/** The part of langgraph.json that says what is deployed: graph id -> `./file.ts:export`. */
export const LanggraphFile = z.looseObject({
  graphs: z.record(z.string(), z.string().regex(/^.+:.+$/, "path:export")),
});

export interface GraphRegistry {
  readonly ids: readonly string[];
  /** Throws USAGE for an unknown id, CONFIG_INVALID when the module has no such graph. */
  load(id: string): Promise<ExecutableGraph>;
}

/** `importModule` resolves a path of langgraph.json, from source or from a bundle. */
export const createGraphRegistry = (
  config: unknown,
  importModule: (path: string) => Promise<Record<string, unknown>>,
): GraphRegistry => {
  const parsed = LanggraphFile.safeParse(config);
  if (!parsed.success)
    throw new TuttiError("CONFIG_INVALID", `langgraph.json: ${z.prettifyError(parsed.error)}`, {
      hint: 'it needs "graphs": { "name": "./graphs/name.ts:graph" }',
    });
  const { graphs } = parsed.data;
  const loaded = new Map<string, Promise<ExecutableGraph>>();
  const load = async (id: string, where: string): Promise<ExecutableGraph> => {
    const at = where.lastIndexOf(":");
    const [path, name] = [where.slice(0, at), where.slice(at + 1)];
    const module = await importModule(path).catch((error: unknown) => {
      throw new TuttiError(
        "CONFIG_INVALID",
        `graph ${id}: ${path} cannot be loaded: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    });
    const graph = module[name];
    if (!isExecutableGraph(graph))
      throw new TuttiError("CONFIG_INVALID", `graph ${id}: ${path} exports no graph "${name}"`);
    return graph;
  };
  return {
    ids: Object.keys(graphs),
    load: (id) => {
      const where = graphs[id];
      if (where === undefined)
        throw new TuttiError("USAGE", `there is no graph "${id}"`, {
          hint: `langgraph.json has ${Object.keys(graphs).join(", ")}`,
        });
      const promise = loaded.get(id) ?? load(id, where);
      loaded.set(id, promise);
      return promise;
    },
  };
};
