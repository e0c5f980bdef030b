// What the built-in tools do to the world and what they take, as policy sees them.
import { z } from "zod";
import {
  AskPersonArgs,
  ChartArgs,
  DocumentArgs,
  SearchArgs,
  SqlArgs,
  TOOL_NAMES,
  WorkbookArgs,
} from "./toolbox.ts";

/** `none` only reads or makes files of the run; `idempotent` may be repeated; `once` may not. */
export const Effect = z.enum(["none", "idempotent", "once"]);
export type Effect = z.infer<typeof Effect>;

export interface ToolDeclaration {
  readonly name: string;
  readonly effect: Effect;
  /** A zod schema, or a JSON Schema of an object. */
  readonly arguments: z.ZodType | Readonly<Record<string, unknown>>;
}

const ARGUMENTS: Readonly<Record<(typeof TOOL_NAMES)[number], z.ZodType>> = {
  describe_tables: z.object({}),
  sql: SqlArgs,
  search_documents: SearchArgs,
  web_search: SearchArgs,
  chart: ChartArgs,
  workbook: WorkbookArgs,
  pdf: DocumentArgs,
  dashboard: DocumentArgs,
  ask_person: AskPersonArgs,
};

/** The built-in tools: none of them changes anything outside the run. */
export const TOOL_DECLARATIONS: readonly ToolDeclaration[] = TOOL_NAMES.map((name) => ({
  name,
  effect: "none",
  arguments: ARGUMENTS[name],
}));
