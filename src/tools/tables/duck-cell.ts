// DuckDB's values and types as the protocol's.
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
} from "@duckdb/node-api";
import type { DuckDBValue } from "@duckdb/node-api";
import type { Cell, ColumnType } from "../../protocol/index.ts";

const TYPES = new Map<DuckDBTypeId, ColumnType>([
  [DuckDBTypeId.BOOLEAN, "boolean"],
  [DuckDBTypeId.TINYINT, "integer"],
  [DuckDBTypeId.SMALLINT, "integer"],
  [DuckDBTypeId.INTEGER, "integer"],
  [DuckDBTypeId.BIGINT, "integer"],
  [DuckDBTypeId.HUGEINT, "integer"],
  [DuckDBTypeId.UTINYINT, "integer"],
  [DuckDBTypeId.USMALLINT, "integer"],
  [DuckDBTypeId.UINTEGER, "integer"],
  [DuckDBTypeId.UBIGINT, "integer"],
  [DuckDBTypeId.UHUGEINT, "integer"],
  [DuckDBTypeId.BIGNUM, "integer"],
  [DuckDBTypeId.FLOAT, "decimal"],
  [DuckDBTypeId.DOUBLE, "decimal"],
  [DuckDBTypeId.DECIMAL, "decimal"],
  [DuckDBTypeId.DATE, "date"],
  [DuckDBTypeId.TIMESTAMP, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_S, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_MS, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_NS, "timestamp"],
  [DuckDBTypeId.TIMESTAMP_TZ, "timestamp"],
]);

/** Lists, structs, intervals, times and so on are text. */
export const columnTypeOf = (id: DuckDBTypeId): ColumnType => TYPES.get(id) ?? "text";

/** NaN and the infinities are missing; times with a zone are in UTC. */
export const cellOfValue = (value: DuckDBValue): Cell => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof DuckDBDecimalValue) return Number(value.toString());
  if (value instanceof DuckDBDateValue) {
    return isoOf(value.days * 86_400_000)?.slice(0, 10) ?? value.toString();
  }
  const milliseconds = millisecondsOf(value);
  if (milliseconds !== undefined) return isoOf(milliseconds)?.slice(0, 19) ?? String(value);
  return String(value);
};

const millisecondsOf = (value: DuckDBValue): number | undefined => {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return Number(value.micros / 1_000n);
  }
  if (value instanceof DuckDBTimestampSecondsValue) return Number(value.seconds) * 1000;
  if (value instanceof DuckDBTimestampMillisecondsValue) return Number(value.millis);
  if (value instanceof DuckDBTimestampNanosecondsValue) return Number(value.nanos / 1_000_000n);
  return undefined;
};

/** Undefined outside the years 1 to 9999. */
const isoOf = (milliseconds: number): string | undefined => {
  if (!(milliseconds >= -62_135_596_800_000 && milliseconds < 253_402_300_800_000))
    return undefined;
  return new Date(milliseconds).toISOString();
};
