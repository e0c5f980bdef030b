// How long the longest text of a result's column is, without making a JavaScript string of it:
// `rpad('', 400000000, 'x')` would stop the process for seconds.
import { DuckDBVarCharVector } from "@duckdb/node-api";
import type { DuckDBDataChunk } from "@duckdb/node-api";

/** DuckDB's string_t: 16 bytes, of which the first four are the length. */
const ENTRY = 16;

/** The library keeps these to itself; where it changes them the length is taken as 0. */
interface Innards {
  dataView?: DataView;
  validity?: { itemValid?(index: number): boolean };
}

export const longestText = (chunk: DuckDBDataChunk, column: number): number => {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof DuckDBVarCharVector)) return 0;
  const { dataView, validity } = vector as unknown as Innards;
  let longest = 0;
  for (let row = 0; row < chunk.rowCount; row += 1) {
    if (validity?.itemValid?.(row) !== true || dataView === undefined) continue;
    longest = Math.max(longest, dataView.getUint32(row * ENTRY, true));
  }
  return longest;
};
