// How much a table may be. Generous for a report, small enough for a laptop.

export interface TableLimits {
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes of a workbook after unpacking, all parts together. */
  unpackedBytes: number;
  /** Rows and columns of one table, and cells of all tables of one file. */
  rows: number;
  columns: number;
  cells: number;
  /** DuckDB's memory limit for one session, e.g. `1GB`. */
  memory: string;
  /** Databases kept open while nobody queries them; more are closed and rebuilt when needed. */
  idleSessions: number;
}

export const DEFAULT_LIMITS: TableLimits = {
  fileBytes: 256 * 2 ** 20,
  unpackedBytes: 256 * 2 ** 20,
  rows: 2_000_000,
  columns: 2_000,
  cells: 30_000_000,
  memory: "1GB",
  idleSessions: 4,
};
