// What langgraph.json deploys, as its modules export it; each is imported when it is first asked for.
import { z } from "zod";
import { messageOf, TuttiError } from "../errors.ts";

const Place = z.string().regex(/^.+:.+$/, "path:export");

/** The part of langgraph.json that says what is deployed: graph id -> `./file.ts:export`. */
export const LanggraphFile = z.looseObject({
  graphs: z.record(
    z.string(),
    z.union([Place, z.looseObject({ path: Place, description: z.string().optional() })]),
  ),
});

/** Resolves a path of langgraph.json, from source or from a bundle. */
export type ImportModule = (path: string) => Promise<Record<string, unknown>>;

export interface GraphExport {
  readonly value: unknown;
  /** The module says `export const effects = true`: a node may act on the outside. */
  readonly hasEffects: boolean;
}

export interface GraphExports {
  readonly ids: readonly string[];
  /** Of graphs that langgraph.json describes. */
  description(id: string): string | undefined;
  has(id: string): boolean;
  /** For a known id. Throws CONFIG_INVALID when the module has no such export. */
  load(id: string): Promise<GraphExport>;
}

/** Throws CONFIG_INVALID. */
export const readGraphExports = (config: unknown, importModule: ImportModule): GraphExports => {
  const parsed = LanggraphFile.safeParse(config);
  if (!parsed.success)
    throw new TuttiError("CONFIG_INVALID", `langgraph.json: ${z.prettifyError(parsed.error)}`, {
      hint: 'it needs "graphs": { "name": "./graphs/name.ts:graph" }',
    });
  const entries = new Map(Object.entries(parsed.data.graphs));
  const load = async (id: string): Promise<GraphExport> => {
    const entry = entries.get(id) ?? "";
    const where = typeof entry === "string" ? entry : entry.path;
    const at = where.lastIndexOf(":");
    const [path, name] = [where.slice(0, at), where.slice(at + 1)];
    const module = await importModule(path).catch((error: unknown) => {
      const why = `graph ${id}: ${path} cannot be loaded: ${messageOf(error)}`;
      throw new TuttiError("CONFIG_INVALID", why, { cause: error });
    });
    const value = await module[name];
    if (value === undefined || value === null)
      throw new TuttiError("CONFIG_INVALID", `graph ${id}: ${path} exports no graph "${name}"`);
    return { value, hasEffects: module["effects"] === true };
  };
  const loaded = new Map<string, Promise<GraphExport>>();
  return {
    ids: [...entries.keys()],
    description: (id) => {
      const entry = entries.get(id);
      return typeof entry === "object" ? entry.description : undefined;
    },
    has: (id) => entries.has(id),
    load: (id) => {
      const promise = loaded.get(id) ?? load(id);
      loaded.set(id, promise);
      return promise;
    },
  };
};
