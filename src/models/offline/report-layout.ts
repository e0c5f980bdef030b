// The layout of the report: one spec for PDF and dashboard, one for the workbook with native charts.
import { rangeLabel } from "./calendar.ts";
import type {
  BriefTable,
  Chart,
  ReportSection,
  ReportSpec,
  SpecialistBriefing,
  WorkbookSpec,
} from "../../protocol/index.ts";
import { comparedColumns } from "./report-charts.ts";
import { planTitle } from "./plan-tasks.ts";
import { headingOf, readingOf } from "./write-table.ts";
import { capitalised } from "./words.ts";

const MAX_CATEGORIES = 40;

const titleOf = ({ goal, inputs }: SpecialistBriefing): string =>
  inputs.narrative?.title ?? planTitle(goal);

const subtitleOf = (tables: readonly BriefTable[]): string | undefined => {
  const totals = tables.find(
    ({ query }) =>
      query?.kind === "aggregate" && query.dimensions.length === 0 && query.grain === undefined,
  );
  return totals?.query?.period === undefined
    ? undefined
    : capitalised(rangeLabel(totals.query.period));
};

/** Sections in the narrative's order, then tables that no section is about. */
export const reportSpec = (briefing: SpecialistBriefing, charts: readonly Chart[]): ReportSpec => {
  const { tables, narrative } = briefing.inputs;
  const chartsOf = (ids: readonly string[]): string[] =>
    charts.filter(({ tableId }) => ids.includes(tableId)).map(({ id }) => id);
  const written = (narrative?.sections ?? []).map((section): ReportSection => {
    const ids = section.tables.filter((id) => tables.some((table) => table.id === id));
    return { heading: section.heading, narrative: section.id, tables: ids, charts: chartsOf(ids) };
  });
  const shown = new Set(written.flatMap((section) => section.tables));
  const others = tables
    .filter(({ id }) => !shown.has(id))
    .map((table): ReportSection => ({
      heading: headingOf(table),
      tables: [table.id],
      charts: chartsOf([table.id]),
    }));
  const subtitle = subtitleOf(tables);
  const sections = [...written, ...others];
  return {
    title: titleOf(briefing),
    ...(subtitle === undefined ? {} : { subtitle }),
    sections: sections.length > 0 ? sections : [{ heading: "Result", tables: [], charts: [] }],
  };
};

const sheetName = (table: BriefTable, taken: Set<string>): string => {
  const base =
    headingOf(table)
      .replaceAll(/[[\]:*?/\\']/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, 28) || "Table";
  let name = base;
  for (let count = 2; taken.has(name.toLowerCase()); count += 1)
    name = `${base.slice(0, 26)} ${count}`;
  taken.add(name.toLowerCase());
  return name;
};

type Sheet = WorkbookSpec["sheets"][number];

const nativeCharts = (table: BriefTable): Sheet["charts"] => {
  const reading = readingOf(table);
  const [measure] = reading.measures;
  const [name] = reading.names;
  const category = reading.bucket ?? name;
  const rows = table.rows.length;
  if (measure === undefined || category === undefined || rows < 2 || rows > MAX_CATEGORIES)
    return [];
  // A native chart has one category column: rows that need two names cannot be told apart on it.
  if (
    reading.names.length > (reading.bucket === undefined ? 1 : 0) ||
    table.query?.kind === "anomalies"
  )
    return [];
  return [
    {
      type: reading.bucket === undefined ? "column" : "line",
      title: headingOf(table),
      category: category.name,
      values: comparedColumns(reading, measure),
    },
  ];
};

/** A sheet for each table. */
export const workbookSpec = (briefing: SpecialistBriefing): WorkbookSpec => {
  const taken = new Set<string>();
  return {
    title: titleOf(briefing),
    sheets: briefing.inputs.tables.map((table) => ({
      name: sheetName(table, taken),
      tableId: table.id,
      charts: nativeCharts(table),
    })),
  };
};
