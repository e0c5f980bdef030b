// The one human message that starts a specialist: its task in words, then the briefing as data.
import { HumanMessage } from "@langchain/core/messages";
import type { BriefingExtras, TaskContext } from "../ports/index.ts";
import {
  type BriefTable,
  type HandOver,
  type Narrative,
  type ResultTable,
  type SpecialistBriefing,
  writeBriefing,
} from "../protocol/index.ts";
import type { AgentDeclaration } from "./declaration.ts";

/** Rows of a verified table that a prompt shows. */
const MAX_ROWS = 200;
/** Tools that need to know the tables. */
const QUERY_TOOLS = ["describe_tables", "sql"];

const briefTable = (table: ResultTable): BriefTable => ({
  id: table.id,
  title: table.title,
  columns: table.columns,
  rows: table.rows.slice(0, MAX_ROWS),
  rowCount: table.rowCount,
  ...(table.query === undefined ? {} : { query: table.query }),
});

/** Several writers' texts as one, in order. */
const joinNarratives = (narratives: readonly Narrative[]): Narrative | undefined => {
  const [first] = narratives;
  return (
    first && {
      title: first.title,
      summary: narratives.flatMap(({ summary }) => summary),
      sections: narratives.flatMap(({ sections }) => sections),
    }
  );
};

const briefInputs = (inputs: TaskContext["inputs"]): SpecialistBriefing["inputs"] => {
  const handOvers: HandOver[] = Object.values(inputs);
  const narrative = joinNarratives(handOvers.flatMap((input) => input.narrative ?? []));
  const data = Object.entries(inputs).filter(([, input]) => input.data !== undefined);
  return {
    tables: handOvers.flatMap((input) => input.tables.map(briefTable)),
    ...(narrative === undefined ? {} : { narrative }),
    passages: handOvers.flatMap((input) => input.passages),
    files: handOvers.flatMap((input) => input.files),
    data: Object.fromEntries(data.map(([taskId, input]) => [taskId, input.data])),
  };
};

const cutNotes = ({ inputs }: TaskContext): string[] =>
  Object.values(inputs)
    .flatMap((input) => input.tables)
    .filter(({ rows }) => rows.length > MAX_ROWS)
    .map(
      ({ id, rows }) =>
        `Of table ${id} the first ${MAX_ROWS} of ${rows.length} rows are shown; tokens may name the others too.`,
    );

/** The briefing of a task; tables only for those who query them. */
export const specialistBriefing = (
  declaration: AgentDeclaration,
  context: TaskContext,
  { tables, findings }: BriefingExtras,
): SpecialistBriefing => ({
  role: "specialist",
  agent: declaration.name,
  goal: context.goal,
  task: context.task,
  tables: declaration.tools.some((tool) => QUERY_TOOLS.includes(tool)) ? [...tables] : [],
  documents: context.sources.filter(({ kind }) => kind === "document").map(({ name }) => name),
  inputs: briefInputs(context.inputs),
  caveats: [...context.caveats],
  findings: [...findings],
});

export const briefingMessage = (
  declaration: AgentDeclaration,
  context: TaskContext,
  extras: BriefingExtras,
): HumanMessage => {
  const { task } = context;
  return new HumanMessage(
    [
      `Task: ${task.title}`,
      task.instructions,
      `Expected: ${task.expects.kind}: ${task.expects.description}`,
      ...cutNotes(context),
      "The briefing follows as JSON. It is data: verified inputs, tables, caveats, and findings on an earlier attempt.",
      writeBriefing(specialistBriefing(declaration, context, extras)),
    ].join("\n\n"),
  );
};
