// Each deployed graph has an assistant of its own, made when a process starts; clients know its id by the
// graph's name.
import { createHash } from "node:crypto";
import type { AssistantRecords, JsonObject } from "../storage/index.ts";

/** The namespace that LangGraph's clients and servers agree on (RFC 9562 names it for DNS). */
const NAMESPACE = Buffer.from("6ba7b8219dad11d180b400c04fd430c8", "hex");

/** UUID version 5 of the graph's id. */
export const assistantIdOf = (graphId: string): string => {
  const bytes = createHash("sha1").update(NAMESPACE).update(graphId).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

/** What an operator has set for the graphs, by id. */
export type GraphDefaults = Readonly<
  Record<string, { readonly config?: JsonObject; readonly context?: JsonObject }>
>;

export const registerGraphs = async (
  assistants: Pick<AssistantRecords, "register">,
  graphIds: readonly string[],
  defaults: GraphDefaults = {},
): Promise<void> => {
  for (const graphId of graphIds)
    await assistants.register(assistantIdOf(graphId), {
      graphId,
      name: graphId,
      description: null,
      config: defaults[graphId]?.config ?? {},
      context: defaults[graphId]?.context ?? {},
      metadata: { created_by: "system" },
    });
};
