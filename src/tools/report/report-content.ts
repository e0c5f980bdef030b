// Resolves a ReportSpec into what is shown: rendered statements, laid-out tables, charts, notes, sources.
// PDF and HTML both draw this, so that they say the same.
import { TuttiError } from "../../errors.ts";
import {
  renderStatement,
  type Chart,
  type Passage,
  type RenderedStatement,
  type ReportSpec,
  type ResultTable,
} from "../../protocol/index.ts";
import { displayTable, type DisplayTable } from "./display-table.ts";
import { REPORT_LIMITS } from "./limits.ts";
import { keyFigures, type KeyFigure } from "./key-figures.ts";
import { plainText } from "./plain-text.ts";
import { sortCaveats, type Caveats } from "./caveats.ts";
import { periodOf } from "./period.ts";
import {
  inputNarratives,
  inputPassages,
  inputTables,
  requireSection,
  requireTable,
  type ReportTools,
} from "./report-inputs.ts";

export interface ContentChart {
  readonly id: string;
  readonly title: string;
  readonly tableTitle: string;
  readonly svg: string;
  readonly png: Uint8Array;
}

export interface ContentSection {
  readonly heading: string;
  readonly statements: readonly RenderedStatement[];
  readonly charts: readonly ContentChart[];
  readonly tables: readonly DisplayTable[];
}

export interface ContentCitation {
  readonly mark: number;
  readonly text: string;
}

export interface ContentSource {
  readonly name: string;
  readonly sha256: string;
  /** SQL names of the tables made of it that the report reads. */
  readonly tables: readonly string[];
}

export interface ReportContent {
  readonly title: string;
  readonly subtitle: string | undefined;
  readonly goal: string;
  readonly period: string | undefined;
  readonly summary: readonly RenderedStatement[];
  readonly keyFigures: readonly KeyFigure[];
  readonly sections: readonly ContentSection[];
  readonly caveats: Caveats;
  readonly citations: readonly ContentCitation[];
  readonly sources: readonly ContentSource[];
  /** Every table shown, once, with the SQL that made it. */
  readonly queries: readonly {
    readonly id: string;
    readonly title: string;
    readonly sql: string;
  }[];
}

const citationText = (passage: Passage | undefined, id: string): string => {
  if (passage === undefined) return id;
  const page = passage.page === undefined ? "" : `, page ${passage.page}`;
  // Cut between words: half a number would be a number that is nowhere.
  const quote =
    passage.text.length > 240
      ? `${passage.text.slice(0, 240).replace(/\s+\S*$/, "")} …`
      : passage.text;
  return plainText(`${passage.file}${page}: “${quote.replace(/\s+/g, " ").trim()}”`);
};

/** Files behind tables, with the SQL tables each one became; files that no table reads come last. */
export const sourcesOf = (
  { context }: Pick<ReportTools, "context">,
  tables: readonly ResultTable[],
): ContentSource[] => {
  const read = new Map<string, Set<string>>();
  for (const { table, sha256 } of tables.flatMap(({ sources }) => sources)) {
    read.set(sha256, (read.get(sha256) ?? new Set()).add(table));
  }
  const known = context.sources.map(({ name, sha256 }) => ({ name: plainText(name), sha256 }));
  const unknown = [...read.keys()]
    .filter((sha256) => !known.some((source) => source.sha256 === sha256))
    .map((sha256) => ({ name: [...(read.get(sha256) ?? [])].join(", "), sha256 }));
  return [...known, ...unknown]
    .map((source) => ({ ...source, tables: [...(read.get(source.sha256) ?? [])] }))
    .sort((a, b) => Math.sign(b.tables.length) - Math.sign(a.tables.length));
};

export interface StatementRenderer {
  readonly render: (statement: string) => RenderedStatement;
  readonly citations: () => ContentCitation[];
}

/** Renders statements over all verified tables; throws TOOL_FAILED on a token that names no cell. */
export const statementRenderer = ({ context }: Pick<ReportTools, "context">): StatementRenderer => {
  const tables = inputTables(context);
  const passages = inputPassages(context);
  const marks: string[] = [];
  return {
    render: (statement) => {
      const rendered = renderStatement(plainText(statement), tables, { citations: marks });
      const [bad] = rendered.unresolved;
      if (bad === undefined) return rendered;
      throw new TuttiError("TOOL_FAILED", `the narrative holds ${bad.token}: ${bad.reason}`, {
        hint: "The narrative has to be written again before it can be shown.",
      });
    },
    citations: () =>
      marks.map((id, i) => ({ mark: i + 1, text: citationText(passages.get(id), id) })),
  };
};

const loadChart = async (tools: ReportTools, chart: Chart): Promise<ContentChart> => {
  const table = requireTable(tools.context, chart.tableId);
  const [svg, png] = await Promise.all([
    tools.store.get(chart.svg.sha256),
    tools.store.get(chart.png.sha256),
  ]);
  if (svg.byteLength > REPORT_LIMITS.svgBytes) {
    throw new TuttiError("TOOL_FAILED", `the picture of chart ${chart.id} is too large`, {
      hint: "Pass charts exactly as the chart tool returned them.",
    });
  }
  return {
    id: chart.id,
    title: plainText(chart.title),
    tableTitle: plainText(table.title),
    svg: new TextDecoder("utf-8", { fatal: true }).decode(svg),
    png,
  };
};

const requireChart = (charts: readonly Chart[], id: string): Chart => {
  const found = charts.find((chart) => chart.id === id);
  if (found !== undefined) return found;
  const known = charts.map((chart) => chart.id).join(", ") || "none";
  throw new TuttiError("TOOL_FAILED", `no chart is called ${id}`, {
    hint: `Pass it in \`charts\` as the chart tool returned it; given: ${known}.`,
  });
};

/** Throws TOOL_FAILED when the spec names a table, section or chart that is not there. */
export const reportContent = async (
  tools: ReportTools,
  spec: ReportSpec,
  charts: readonly Chart[],
): Promise<ReportContent> => {
  const { context } = tools;
  const statements = statementRenderer(tools);
  const [narrative] = inputNarratives(context);
  const summary = (narrative?.summary ?? []).map(statements.render);
  const shown = new Map<string, ResultTable>();
  const take = (id: string): ResultTable => {
    const table = requireTable(context, id);
    shown.set(id, table);
    return table;
  };
  const sections: ContentSection[] = [];
  for (const section of spec.sections) {
    const of = section.narrative;
    sections.push({
      heading: plainText(section.heading),
      statements:
        of === undefined ? [] : requireSection(context, of).statements.map(statements.render),
      tables: section.tables.map((id) => displayTable(take(id))),
      charts: await Promise.all(
        section.charts.map((id) => {
          const chart = requireChart(charts, id);
          take(chart.tableId);
          return loadChart(tools, chart);
        }),
      ),
    });
  }
  const tables = [...shown.values()];
  return {
    title: plainText(spec.title),
    subtitle: spec.subtitle === undefined ? undefined : plainText(spec.subtitle),
    goal: plainText(context.goal),
    period: periodOf(tables),
    summary,
    keyFigures: keyFigures(tables),
    sections,
    caveats: sortCaveats(context.caveats),
    citations: statements.citations(),
    sources: sourcesOf(tools, tables),
    queries: tables.map(({ id, title, sql }) => ({
      id,
      title: plainText(title),
      sql: plainText(sql),
    })),
  };
};
