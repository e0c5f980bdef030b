// Which SQL may run: one SELECT over the session's own tables. DuckDB parses it and answers with its
// syntax tree; nothing is decided by looking at the text. The database is locked down as well, but
// a lock does not hold back functions that act: `SELECT * FROM enable_logging()` would.
import type { DuckDBConnection } from "@duckdb/node-api";
import { TuttiError } from "../../errors.ts";

const TABLE_FUNCTIONS = new Set(["range", "generate_series", "unnest", "repeat_row"]);
/** Functions that tell of the machine, change state, wait, or make values of any size. */
const REFUSED_FUNCTIONS = new Set([
  "current_setting",
  "current_query",
  "current_connection_id",
  "getenv",
  "getvariable",
  "write_log",
  "parse_duckdb_log_message",
  "json_serialize_sql",
  "json_serialize_plan",
  "json_deserialize_sql",
  "json_execute_serialized_sql",
  "nextval",
  "currval",
  "setseed",
  "sleep_ms",
  "repeat",
  "in_search_path",
  "txid_current",
]);
const LONGEST = 100_000;

const refuse = (message: string, hint: string): TuttiError =>
  new TuttiError("TABLE_QUERY", message, { hint });

const ONE_SELECT = "Write one SELECT (or WITH … SELECT) over the loaded tables.";

/** Throws TABLE_QUERY when `sql` is not one SELECT, or reads anything but `tables`. */
export const checkStatement = async (
  connection: DuckDBConnection,
  sql: string,
  tables: ReadonlySet<string>,
): Promise<void> => {
  if (sql.length > LONGEST || sql.includes("\0"))
    throw refuse("The query is too long.", ONE_SELECT);
  const tree = await syntaxTree(connection, sql);
  if (tree.error === true) {
    if (tree.error_type === "parser")
      throw refuse(`Syntax error: ${tree.error_message}`, ONE_SELECT);
    throw refuse("Only a SELECT may be run here.", ONE_SELECT);
  }
  const count = tree.statements?.length ?? 0;
  if (count !== 1)
    throw refuse(`One SELECT is expected; there are ${count} statements.`, ONE_SELECT);
  const found: Found = { tables: [], ctes: new Set() };
  walk(tree.statements, found);
  for (const { name, qualified } of found.tables) {
    const known =
      tables.has(name.toLowerCase()) || (!qualified && found.ctes.has(name.toLowerCase()));
    if (known) continue;
    const hint = `Tables: ${[...tables].join(", ")}. describe_tables shows their columns.`;
    throw refuse(`There is no table "${name}".`, hint);
  }
};

interface Tree {
  error?: boolean;
  error_type?: string;
  error_message?: string;
  statements?: unknown[];
}

const syntaxTree = async (connection: DuckDBConnection, sql: string): Promise<Tree> => {
  // The function takes only a literal; a doubled quote is the one escape of a plain SQL string.
  const literal = `'${sql.replaceAll("'", "''")}'`;
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal})`);
  return JSON.parse(String(reader.getRows()[0]?.[0])) as Tree;
};

interface Found {
  tables: { name: string; qualified: boolean }[];
  ctes: Set<string>;
}

const walk = (node: unknown, found: Found): void => {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, found);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  const fields = node as Record<string, unknown>;
  visit(fields, found);
  for (const value of Object.values(fields)) walk(value, found);
};

const visit = (node: Record<string, unknown>, found: Found): void => {
  const text = (key: string): string => (typeof node[key] === "string" ? node[key] : "");
  if (node["type"] === "TABLE_FUNCTION") {
    const called =
      (node["function"] as { function_name?: string } | undefined)?.function_name ?? "?";
    if (!TABLE_FUNCTIONS.has(called.toLowerCase())) {
      throw refuse(`The table function ${called}() may not be used here.`, ONE_SELECT);
    }
  } else if (node["type"] === "BASE_TABLE") {
    const schema = text("schema_name").toLowerCase();
    const catalog = text("catalog_name").toLowerCase();
    if (!["", "main"].includes(schema) || !["", "memory"].includes(catalog)) {
      throw refuse(`The table ${schema}.${text("table_name")} may not be read here.`, ONE_SELECT);
    }
    found.tables.push({ name: text("table_name"), qualified: schema !== "" });
  } else if (node["type"] === "SHOW_REF" && node["query"] == null) {
    throw refuse(
      "SHOW may not be used here.",
      "describe_tables shows the tables and their columns.",
    );
  } else if (typeof node["function_name"] === "string") {
    if (REFUSED_FUNCTIONS.has(node["function_name"].toLowerCase())) {
      throw refuse(`The function ${node["function_name"]}() may not be used here.`, ONE_SELECT);
    }
  }
  const map = (node["cte_map"] as { map?: { key?: unknown }[] } | undefined)?.map;
  for (const { key } of map ?? []) if (typeof key === "string") found.ctes.add(key.toLowerCase());
  if (typeof node["cte_name"] === "string") found.ctes.add(node["cte_name"].toLowerCase());
};
