// Tables of a run's sources, to be queried safely.
import type { Cell, ColumnType, SourceRef, TableProfile } from "../protocol/index.ts";

export interface QueryResult {
  columns: { name: string; type: ColumnType }[];
  rows: Cell[][];
  /** True when there were more rows than `maxRows`. */
  truncated: boolean;
}

export interface QueryLimits {
  /** Default 10,000. */
  maxRows?: number;
  /** Bytes of the result as JSON; default 8 MiB. */
  maxBytes?: number;
  /** Seconds; default 30. */
  seconds?: number;
  signal?: AbortSignal;
}

/** The loaded sources of one run: read only, locked down. */
export interface TableSession {
  readonly profiles: readonly TableProfile[];
  /** One SELECT. Throws TABLE_QUERY (with DuckDB's message) when it fails, is refused or overruns. */
  query(sql: string, limits?: QueryLimits): Promise<QueryResult>;
  /** Every row of some columns, in file order, in chunks; for computations that do not trust SQL. */
  scan(table: string, columns: readonly string[], signal?: AbortSignal): AsyncIterable<Cell[][]>;
}

export interface TableEngine {
  /** Loads (or finds again, by content) the tables of some sources. Throws INPUT_UNREADABLE, INPUT_TOO_LARGE. */
  open(sources: readonly SourceRef[], signal?: AbortSignal): Promise<TableSession>;
  close(): Promise<void>;
}
