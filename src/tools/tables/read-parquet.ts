// Parquet, read by DuckDB in a database of its own that may open this one file and nothing else.
import { DuckDBInstance } from "@duckdb/node-api";
import { messageOf } from "../../errors.ts";
import { GridBuilder, unreadable } from "./text-grid.ts";
import type { TextGrid } from "./text-grid.ts";
import type { TableLimits } from "./table-limits.ts";
import { turn } from "./turn.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Every column as text. Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
export const readParquet = async (
  file: string,
  path: string,
  limits: TableLimits,
  signal?: AbortSignal,
): Promise<TextGrid> => {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "2",
    memory_limit: limits.memory,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  try {
    const connection = await instance.connect();
    await connection.run(`SET allowed_paths = [${quoted(path)}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
    const from = `read_parquet(${quoted(path)})`;
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
    const headers = described.getRows().map((row) => String(row[0]));
    const types = described.getRows().map((row) => String(row[1]));
    const builder = new GridBuilder(file, limits);
    const list = headers.map((header, index) => asText(named(header), types[index] ?? ""));
    const result = await connection.stream(`SELECT ${list.join(", ")} FROM ${from}`);
    for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) break;
      for (const row of chunk.getRows()) builder.add(row as (string | null)[]);
      await turn(signal);
    }
    const grid = builder.finish();
    grid.headers = headers.slice(0, grid.columns.length);
    return grid;
  } catch (error) {
    if (error instanceof Error && error.name === "TuttiError") throw error;
    const reason = messageOf(error).split("\n")[0]?.replaceAll(path, file) ?? "";
    const hint = "Write the file again; it may be cut off or damaged.";
    throw unreadable(file, `is not readable as Parquet (${reason})`, hint, error);
  } finally {
    instance.closeSync();
  }
};

const asText = (column: string, type: string): string => {
  if (type === "TIMESTAMP WITH TIME ZONE") {
    return `CAST(make_timestamp(epoch_us(${column})) AS VARCHAR)`;
  }
  return `CAST(${column} AS VARCHAR)`;
};
