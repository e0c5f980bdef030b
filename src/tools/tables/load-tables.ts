// Opens sources from the artifact store, cleans them, loads them into DuckDB and locks it.
import { DuckDBInstance } from "@duckdb/node-api";
import { messageOf } from "../../errors.ts";
import type { ArtifactStore } from "../../ports/index.ts";
import type { SourceRef, TableProfile } from "../../protocol/index.ts";
import { cleanTable } from "./clean-table.ts";
import { tableFormatOf } from "./detect-kind.ts";
import { readDelimited } from "./read-delimited.ts";
import { readJson } from "./read-json.ts";
import { readParquet } from "./read-parquet.ts";
import { readWorkbook } from "./read-workbook.ts";
import { sqlName, uniqueName } from "./sql-name.ts";
import { storeTable } from "./store-table.ts";
import type { TableLimits } from "./table-limits.ts";
import { tooLarge, unreadable } from "./text-grid.ts";
import type { TextGrid } from "./text-grid.ts";

export interface LoadedTables {
  instance: DuckDBInstance;
  profiles: TableProfile[];
}

/** Throws INPUT_UNREADABLE, INPUT_TOO_LARGE, ARTIFACT_MISSING, CANCELLED. */
export const loadTables = async (
  store: ArtifactStore,
  sources: readonly SourceRef[],
  limits: TableLimits,
  signal: AbortSignal,
): Promise<LoadedTables> => {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "2",
    memory_limit: limits.memory,
    temp_directory: "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  try {
    const profiles: TableProfile[] = [];
    for (const source of sources) {
      const taken = new Set(profiles.map((profile) => profile.name));
      profiles.push(...(await loadSource(instance, store, source, taken, limits, signal)));
    }
    await lockDown(instance);
    return { instance, profiles };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
};

const lockDown = async (instance: DuckDBInstance): Promise<void> => {
  const connection = await instance.connect();
  try {
    await connection.run("SET allow_community_extensions = false");
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
  } finally {
    connection.closeSync();
  }
};

const loadSource = async (
  instance: DuckDBInstance,
  store: ArtifactStore,
  source: SourceRef,
  taken: Set<string>,
  limits: TableLimits,
  signal: AbortSignal,
): Promise<TableProfile[]> => {
  const grids = await readGrids(store, source, limits, signal);
  const base = sqlName(source.name.replace(/\.[^.]*$/, ""), "table_1");
  const profiles: TableProfile[] = [];
  for (const [index, grid] of grids.entries()) {
    const sheet = grid.sheet === undefined ? "" : `_${sqlName(grid.sheet, `sheet_${index + 1}`)}`;
    const name = uniqueName(grids.length > 1 ? base.replace(/_$/, "") + sheet : base, taken);
    const table = await cleanTable(
      grid,
      {
        name,
        file: source.name,
        sha256: source.sha256,
        ...(grid.sheet === undefined ? {} : { sheet: grid.sheet }),
      },
      signal,
    );
    if (table === undefined) continue;
    taken.add(name);
    await fill(instance, source.name, table, signal);
    profiles.push(table.profile);
  }
  if (profiles.length > 0) return profiles;
  const hint = "Check that the export finished and holds data.";
  throw unreadable(source.name, "has a header but no rows", hint);
};

const fill = async (
  instance: DuckDBInstance,
  file: string,
  table: NonNullable<Awaited<ReturnType<typeof cleanTable>>>,
  signal: AbortSignal,
): Promise<void> => {
  const connection = await instance.connect();
  try {
    await storeTable(connection, table, signal);
  } catch (error) {
    if (/out of memory/i.test(messageOf(error)))
      throw tooLarge(file, "it does not fit into memory");
    throw error;
  } finally {
    connection.closeSync();
  }
};

const readGrids = async (
  store: ArtifactStore,
  source: SourceRef,
  limits: TableLimits,
  signal: AbortSignal,
): Promise<TextGrid[]> => {
  const { name } = source;
  const most = `more than ${Math.round(limits.fileBytes / 2 ** 20)} MiB`;
  if (source.bytes > limits.fileBytes) throw tooLarge(name, most);
  const bytes = await store.get(source.sha256);
  if (bytes.length > limits.fileBytes) throw tooLarge(name, most);
  switch (tableFormatOf(name, bytes)) {
    case "delimited":
      return [await readDelimited(name, bytes, limits, signal)];
    case "json":
      return [await readJson(name, bytes, limits, signal)];
    case "parquet":
      return [await readParquet(name, await store.path(source.sha256), limits, signal)];
    default:
      return readWorkbook(name, bytes, limits, signal);
  }
};
