// Faults behind the rows: another period, another file, SQL that does not say what the task asked for.
// Several are consistent in themselves: SQL and rows agree, and only the task and the source tell.
import type { FindingCode, ResultTable } from "../../src/protocol/index.ts";
import { TuttiError } from "../../src/errors.ts";
import { figureCells, scaled, shuffled, withCell } from "./cells.ts";
import type { FaultKind, FaultTools, HandOverCase, HandOverFault, Random } from "./fault.ts";
import { monthInWords, periodOf, shiftMonths, shiftQuery, shiftSql } from "./periods.ts";

type Change = (
  table: ResultTable,
  rng: Random,
  tools: FaultTools,
  clean: HandOverCase,
) => Promise<ResultTable | undefined> | ResultTable | undefined;

const queryFault = (
  name: string,
  kind: FaultKind,
  expect: readonly FindingCode[],
  change: Change,
  applies: (clean: HandOverCase) => boolean = () => true,
): HandOverFault => ({
  on: "hand-over",
  name,
  kind,
  expect,
  applies: (clean) => clean.handOver.tables.some(({ rows }) => rows.length > 0) && applies(clean),
  mutate: async (clean, rng, tools) => {
    const { handOver } = clean;
    for (const table of shuffled(rng, handOver.tables)) {
      const changed = await change(table, rng, tools, clean);
      if (changed === undefined) continue;
      const evidence = handOver.evidence.map((call) =>
        isQueryOf(call.args, table.sql) ? { ...call, args: { query: changed.sql } } : call,
      );
      const tables = handOver.tables.map((t) => (t === table ? changed : t));
      return { ...handOver, tables, evidence };
    }
    return undefined;
  },
});

const isQueryOf = (args: unknown, sql: string): boolean =>
  typeof args === "object" && args !== null && "query" in args && args.query === sql;

/** The table with the rows of other SQL of the same columns; undefined when it fails or changes nothing. */
const withRowsOf = async (
  table: ResultTable,
  sql: string,
  { tables }: FaultTools,
): Promise<ResultTable | undefined> => {
  try {
    const { columns, rows, truncated } = await tables.query(sql);
    const same =
      truncated ||
      columns.map(({ name }) => name).join() !== table.columns.map(({ name }) => name).join() ||
      JSON.stringify(rows) === JSON.stringify(table.rows);
    return same ? undefined : { ...table, sql, rows, rowCount: rows.length };
  } catch (error) {
    // SQL that cannot be rewritten this way cannot carry this fault.
    if (error instanceof TuttiError && error.code === "TABLE_QUERY") return undefined;
    throw error;
  }
};

const hasTaskPeriod = ({ context }: HandOverCase): boolean =>
  periodOf(context.task.query) !== undefined;
const hasTaskQuery = ({ context }: HandOverCase): boolean => context.task.query !== undefined;

/** Undefined when last month has no rows: an empty table tells of no month. */
const shiftedRows = async (table: ResultTable, tools: FaultTools) => {
  const sql = shiftSql(table.sql, -1);
  const shifted = sql === undefined ? undefined : await withRowsOf(table, sql, tools);
  return shifted === undefined || shifted.rows.length === 0 ? undefined : shifted;
};

const PERIOD: readonly FindingCode[] = ["wrong-period", "wrong-figure"];

const periods: HandOverFault[] = [
  queryFault(
    "rows of another month under the SQL of this one",
    "wrong-period",
    [...PERIOD, "wrong-label", "not-reproducible"],
    async (table, _rng, tools) => {
      const shifted = await shiftedRows(table, tools);
      return shifted && { ...shifted, sql: table.sql };
    },
  ),
  queryFault(
    "SQL and rows of last month",
    "stale-figure",
    [...PERIOD, "wrong-label"],
    (table, _rng, tools) => shiftedRows(table, tools),
    hasTaskPeriod,
  ),
  queryFault(
    "SQL, rows and query of last month",
    "stale-figure",
    [...PERIOD, "wrong-label"],
    async (table, _rng, tools) => {
      const shifted = await shiftedRows(table, tools);
      if (shifted === undefined || table.query === undefined) return undefined;
      return { ...shifted, query: shiftQuery(table.query, -1) };
    },
    hasTaskPeriod,
  ),
  queryFault(
    "time buckets a month early",
    "wrong-period",
    [...PERIOD, "wrong-label", "not-reproducible"],
    (table) => {
      const index = table.columns.findIndex(
        ({ role, type }) => role === "label" && (type === "date" || type === "timestamp"),
      );
      if (index < 0) return undefined;
      const rows = table.rows.map((cells) => {
        const bucket = cells[index];
        return typeof bucket === "string"
          ? cells.with(index, shiftMonths(bucket.slice(0, 10), -1))
          : cells;
      });
      return { ...table, rows };
    },
  ),
  queryFault(
    "a title that names another month",
    "wrong-period",
    ["wrong-period", "wrong-label", "invented-number"],
    (table, _rng, _tools, { context }) => {
      const period = periodOf(context.task.query);
      if (period === undefined) return undefined;
      return { ...table, title: `${table.title} in ${monthInWords(shiftMonths(period.from, -5))}` };
    },
    hasTaskPeriod,
  ),
];

/** SQL that reads `name` with one of its rows left out or counted twice; the row is of the period. */
const tamperedSql = async (
  table: ResultTable,
  rng: Random,
  { tables }: FaultTools,
  { context }: HandOverCase,
  how: "left out" | "twice",
): Promise<string | undefined> => {
  const query = context.task.query;
  const source = tables.profiles.find(({ name }) => name === query?.table);
  const period = periodOf(query);
  if (query === undefined || source === undefined) return undefined;
  const places: number[] = [];
  let place = 0;
  for await (const chunk of tables.scan(source.name, [
    period?.column ?? source.columns[0]?.name ?? "",
  ])) {
    for (const [cell] of chunk) {
      place += 1;
      const day = String(cell).slice(0, 10);
      if (period === undefined || (day >= period.from && day < period.to)) places.push(place);
    }
  }
  if (places.length === 0) return undefined;
  const [name, row] = [`"${source.name}"`, rng.pick(places)];
  const numbered = `select *, row_number() over () as tampered_row from ${name}`;
  const rows = `select * exclude (tampered_row) from (${numbered})`;
  const body =
    how === "left out"
      ? `${rows} where tampered_row <> ${row}`
      : `${rows} union all ${rows} where tampered_row = ${row}`;
  const rest = /^\s*with\s+([\s\S]*)$/i.exec(table.sql)?.[1];
  return `with ${name} as (${body})${rest === undefined ? ` ${table.sql}` : `, ${rest}`}`;
};

const tampered =
  (how: "left out" | "twice"): Change =>
  async (table, rng, tools, clean) => {
    // A row without a value in the measure changes nothing: try some others.
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const sql = await tamperedSql(table, rng, tools, clean, how);
      const changed = sql === undefined ? undefined : await withRowsOf(table, sql, tools);
      if (changed !== undefined) return changed;
    }
    return undefined;
  };

const literal = (cell: unknown): string => {
  if (typeof cell === "string") return `'${cell.replaceAll("'", "''")}'`;
  return cell === null || cell === undefined ? "null" : JSON.stringify(cell);
};

const wrongSql: HandOverFault[] = [
  queryFault(
    "SQL that leaves one row out",
    "off-by-one-row",
    ["wrong-figure", "wrong-total"],
    tampered("left out"),
    hasTaskQuery,
  ),
  queryFault(
    "SQL that counts one row twice",
    "off-by-one-row",
    ["wrong-figure", "wrong-total"],
    tampered("twice"),
    hasTaskQuery,
  ),
  queryFault(
    "figures typed into the SQL",
    "sql-without-result",
    ["wrong-figure", "wrong-total", "not-reproducible", "unknown-source"],
    (table, rng) => {
      const cells = figureCells(table);
      if (cells.length === 0) return undefined;
      const cell = rng.pick(cells);
      const typed = withCell(table, cell.row, cell.index, scaled(cell, 1.06));
      const names = table.columns.map(({ name }) => `"${name}"`).join(", ");
      const rows = typed.rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ");
      return { ...typed, sql: `select * from (values ${rows}) as t(${names})` };
    },
    hasTaskQuery,
  ),
  queryFault("SQL that gives other rows", "sql-without-result", ["not-reproducible"], (table) => ({
    ...table,
    sql: `select * from (${table.sql}) limit 0`,
  })),
  queryFault("SQL that fails", "sql-without-result", ["not-reproducible"], (table) => ({
    ...table,
    sql: "select no_such_column from no_such_table",
  })),
  queryFault("SQL that is not SQL", "sql-without-result", ["not-reproducible"], (table) => ({
    ...table,
    sql: "I added the rows up with great care.",
  })),
];

const OTHER_HASH = "f".repeat(63);

const sources: HandOverFault[] = [
  queryFault("figures from an older file", "stale-figure", ["stale-source"], (table, rng) =>
    table.sources.length === 0
      ? undefined
      : {
          ...table,
          sources: table.sources.map((source) => ({
            ...source,
            sha256: `${OTHER_HASH}${rng.int(0, 9)}`,
          })),
        },
  ),
  queryFault(
    "figures from a table nobody gave",
    "unknown-source",
    ["unknown-source", "stale-source", "unknown-table"],
    (table) => ({
      ...table,
      sources: [{ table: "spreadsheet_of_a_friend", sha256: `${OTHER_HASH}a` }],
    }),
  ),
  queryFault(
    "figures that name no source",
    "unknown-source",
    ["unknown-source", "stale-source", "schema"],
    (table) => ({ ...table, sources: [] }),
  ),
];

export const QUERY_FAULTS: readonly HandOverFault[] = [...periods, ...wrongSql, ...sources];
