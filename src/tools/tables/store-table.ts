// Writes a cleaned table into DuckDB, chunk by chunk, with the types that were decided here.
import {
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampValue,
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  TIMESTAMP,
  VARCHAR,
} from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { CleanTable } from "./clean-table.ts";
import { BLANK } from "./text-grid.ts";
import { turn } from "./turn.ts";
import type { Storage } from "./type-column.ts";

const CHUNK = 2048;
const WIDTH = 18;
const MICROS = 1_000n;

export const storeTable = async (
  connection: DuckDBConnection,
  table: CleanTable,
  signal?: AbortSignal,
): Promise<void> => {
  const { name } = table.profile;
  const types = table.columns.map(({ typed }) => typeOf(typed.storage));
  const columns = table.columns.map(
    ({ named }, index) => `"${named.name}" ${String(types[index])}`,
  );
  await connection.run(`CREATE TABLE "${name}" (${columns.join(", ")})`);
  const values = table.columns.map(({ typed }) =>
    typed.values.map((value) => (value === null ? null : stored(value, typed.storage))),
  );
  const appender = await connection.createAppender(name);
  for (let from = 0; from < table.rows.length; from += CHUNK) {
    const rows = table.rows.subarray(from, from + CHUNK);
    const chunk = DuckDBDataChunk.create(types, rows.length);
    for (const [index, { named }] of table.columns.entries()) {
      const cells: DuckDBValue[] = [];
      for (const row of rows) {
        const code = named.column.codes[row] ?? BLANK;
        cells.push(code === BLANK ? null : (values[index]?.[code] ?? null));
      }
      chunk.setColumnValues(index, cells);
    }
    appender.appendDataChunk(chunk);
    if (from % (CHUNK * 8) === 0) await turn(signal);
  }
  appender.closeSync();
};

const typeOf = (storage: Storage): DuckDBType => {
  if (storage.kind === "DECIMAL") return DECIMAL(WIDTH, storage.scale);
  return { BIGINT, BOOLEAN, DATE, DOUBLE, TIMESTAMP, VARCHAR }[storage.kind];
};

const stored = (value: string, storage: Storage): DuckDBValue => {
  switch (storage.kind) {
    case "BIGINT":
      // A row that does not count may hold a fraction; the column has none.
      return BigInt(value.split(".")[0] ?? "0");
    case "DECIMAL":
      return new DuckDBDecimalValue(BigInt(value.replace(".", "")), WIDTH, storage.scale);
    case "DOUBLE":
      return Number(value);
    case "BOOLEAN":
      return value === "true";
    case "DATE":
      return new DuckDBDateValue(Date.parse(`${value}T00:00:00Z`) / 86_400_000);
    case "TIMESTAMP":
      return new DuckDBTimestampValue(BigInt(Date.parse(`${value}Z`)) * MICROS);
    default:
      return value;
  }
};
