// Gathers the deliverables of the verified tasks. Where no task made files, the verified text and
// figures are the deliverable, as one Markdown file.
import {
  type FileRef,
  formatCell,
  type HandOver,
  renderStatement,
  type ResultTable,
} from "../../protocol/index.ts";
import { loadHandOver } from "../run-context.ts";
import type { OrchestratorServices, ServicesSource } from "../services.ts";
import type { Patch, State, TaskRecord } from "../state.ts";

const done = (state: State): TaskRecord[] =>
  Object.values(state.tasks)
    .filter(({ status }) => status === "done")
    .sort((a, b) => a.order - b.order);

const markdownTable = (table: ResultTable): string[] => [
  `## ${table.title}`,
  "",
  `| ${table.columns.map(({ label }) => label).join(" | ")} |`,
  `|${table.columns.map(() => " --- |").join("")}`,
  ...table.rows.map(
    (row) =>
      `| ${table.columns.map((column, at) => formatCell(row[at] ?? null, column).replaceAll("|", "\\|")).join(" | ")} |`,
  ),
  "",
];

const markdown = (state: State, handOvers: readonly HandOver[]): string => {
  const tables = handOvers.flatMap((handOver) => handOver.tables);
  const text = (statement: string): string => renderStatement(statement, tables).text;
  const narratives = handOvers.flatMap(({ narrative }) => narrative ?? []);
  return [
    `# ${state.ledger.title}`,
    "",
    ...narratives.flatMap((narrative) => [
      ...narrative.summary.map(text),
      "",
      ...narrative.sections.flatMap(({ heading, statements }) => [
        `## ${heading}`,
        "",
        ...statements.map(text),
        "",
      ]),
    ]),
    ...tables.flatMap(markdownTable),
    ...handOvers.flatMap(({ passages }) =>
      passages.map(
        ({ text: quote, file, page }) => `> ${quote}\n> (${file}${page ? `, p. ${page}` : ""})\n`,
      ),
    ),
    ...handOvers.flatMap(({ data }) =>
      data === undefined ? [] : ["```json", JSON.stringify(data, null, 2), "```", ""],
    ),
    ...(state.ledger.notCovered.length === 0 ? [] : ["## Not covered", ""]),
    ...state.ledger.notCovered.map((phrase) => `- ${phrase}`),
  ].join("\n");
};

const deliverables = async (
  services: OrchestratorServices,
  state: State,
  records: readonly TaskRecord[],
): Promise<FileRef[]> => {
  const handOvers = await Promise.all(
    records.flatMap(({ handOver }) =>
      handOver === null ? [] : [loadHandOver(services.artifacts, handOver)],
    ),
  );
  const files = handOvers.flatMap((handOver) => handOver.files);
  if (files.length > 0) return [...new Map(files.map((file) => [file.name, file])).values()];
  const text = new TextEncoder().encode(markdown(state, handOvers));
  return [await services.artifacts.put(text, { name: "result.md", mime: "text/markdown" })];
};

export const assemble =
  (source: ServicesSource) =>
  async (state: State): Promise<Patch> => {
    const services = await source();
    return { artifacts: await deliverables(services, state, done(state)) };
  };

export const afterAssemble = (state: State): "review" | "publish" =>
  state.options.review.includes("result") ? "review" : "publish";
