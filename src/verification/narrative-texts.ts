// Every text of a narrative that a reader sees, with its place and its tokens resolved.
import type { TaskContext } from "../ports/index.ts";
import {
  type Narrative,
  type Passage,
  renderStatement,
  type ResultColumn,
  type ResultTable,
  type StatementPart,
} from "../protocol/index.ts";

/** Verified facts a text may draw on. */
export interface Facts {
  readonly tables: readonly ResultTable[];
  readonly passages: readonly Passage[];
  readonly goal: string;
  readonly caveats: readonly string[];
  readonly files: readonly string[];
}

export const factsOf = ({ inputs, goal, caveats, sources }: TaskContext): Facts => {
  const all = Object.values(inputs);
  return {
    tables: all.flatMap(({ tables }) => tables),
    passages: all.flatMap(({ passages }) => passages),
    goal,
    caveats,
    files: sources.map(({ name }) => name),
  };
};

export interface FigureUse {
  readonly table: ResultTable;
  readonly column: ResultColumn;
  readonly row: number;
  /** What the reader sees. */
  readonly text: string;
}

export interface NarrativeText {
  readonly where: string;
  readonly source: string;
  readonly parts: readonly StatementPart[];
  /** The text with every token replaced by a placeholder that is no letter and no digit. */
  readonly literal: string;
  readonly figures: readonly FigureUse[];
  /** Tables the text is about: those its tokens name, else its section's, else all. */
  readonly about: readonly ResultTable[];
  readonly cited: readonly Passage[];
}

export const PLACEHOLDER = "\u25A1";

/** The table, column and row behind a figure part. */
export const figureUse = (
  part: StatementPart,
  tables: readonly ResultTable[],
): FigureUse | undefined => {
  if (part.kind !== "figure") return undefined;
  const table = tables.find(({ id }) => id === part.cell.table);
  const column = table?.columns.find(({ name }) => name === part.cell.column);
  return table === undefined || column === undefined
    ? undefined
    : { table, column, row: part.cell.row, text: part.text };
};

const textOf = (
  where: string,
  source: string,
  section: readonly string[],
  facts: Facts,
): NarrativeText => {
  const { parts } = renderStatement(source, facts.tables);
  const figures = parts.flatMap((part) => figureUse(part, facts.tables) ?? []);
  const named = [...new Set(figures.map(({ table }) => table))];
  const scoped = facts.tables.filter(({ id }) => section.includes(id));
  const cited = parts.flatMap((part) =>
    part.kind === "citation" ? facts.passages.filter(({ id }) => id === part.passage) : [],
  );
  return {
    where,
    source,
    parts,
    literal: parts.map((part) => (part.kind === "text" ? part.text : PLACEHOLDER)).join(""),
    figures,
    about: named.length > 0 ? named : scoped.length > 0 ? scoped : facts.tables,
    cited,
  };
};

export const narrativeTexts = (narrative: Narrative, facts: Facts): NarrativeText[] => [
  textOf("narrative/title", narrative.title, [], facts),
  ...narrative.summary.map((text, at) => textOf(`narrative/summary/${at}`, text, [], facts)),
  ...narrative.sections.flatMap(({ id, heading, tables, statements }) => [
    textOf(`narrative/${id}/heading`, heading, tables, facts),
    ...statements.map((text, at) => textOf(`narrative/${id}/${at}`, text, tables, facts)),
  ]),
];
