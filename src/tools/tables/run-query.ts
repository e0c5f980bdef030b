// Runs one checked SELECT under limits of time, rows and bytes.
import { DuckDBTypeId, StatementType } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBInstance, DuckDBResult } from "@duckdb/node-api";
import { TuttiError, messageOf } from "../../errors.ts";
import type { QueryLimits, QueryResult } from "../../ports/index.ts";
import type { Cell } from "../../protocol/index.ts";
import { checkStatement } from "./check-statement.ts";
import { cellOfValue, columnTypeOf } from "./duck-cell.ts";
import { longestText } from "./longest-text.ts";
import { checkCancelled } from "./turn.ts";

const ROWS = 10_000;
const BYTES = 8 * 2 ** 20;
const SECONDS = 30;
/** An interrupt that comes between two steps of a query is lost: it is sent again. */
const AGAIN_MS = 100;

/** Throws TABLE_QUERY, or CANCELLED when the signal stopped it. */
export const runQuery = async (
  instance: DuckDBInstance,
  tables: ReadonlySet<string>,
  sql: string,
  limits: QueryLimits = {},
): Promise<QueryResult> => {
  checkCancelled(limits.signal);
  const connection = await instance.connect();
  const watch = watchOver(connection, limits.seconds ?? SECONDS, limits.signal);
  try {
    await checkStatement(connection, sql, tables);
    const result = await start(connection, sql, watch);
    return await collect(result, limits, watch);
  } catch (error) {
    watch.check();
    if (error instanceof TuttiError) throw error;
    throw new TuttiError("TABLE_QUERY", cleaned(messageOf(error)), {
      hint: "Correct the query; describe_tables shows the tables and their columns.",
      cause: error,
    });
  } finally {
    watch.end();
    connection.closeSync();
  }
};

export interface Watch {
  /** Throws when the time is up or the signal was aborted. */
  check(): void;
  end(): void;
}

/** Interrupts a connection when its time is up or a signal says so. */
export const watchOver = (
  connection: DuckDBConnection,
  seconds: number | undefined,
  signal: AbortSignal | undefined,
): Watch => {
  let late = false;
  let again: NodeJS.Timeout | undefined;
  const stop = (): void => {
    connection.interrupt();
    again ??= setInterval(() => connection.interrupt(), AGAIN_MS);
  };
  const expire = (): void => {
    late = true;
    stop();
  };
  const timer = seconds === undefined ? undefined : setTimeout(expire, seconds * 1000);
  signal?.addEventListener("abort", stop, { once: true });
  return {
    check: () => {
      checkCancelled(signal);
      if (late) {
        throw new TuttiError("TABLE_QUERY", `The query took longer than ${seconds} s.`, {
          hint: "Filter or aggregate earlier, and avoid joins without a condition.",
        });
      }
    },
    end: () => {
      clearTimeout(timer);
      clearInterval(again);
      signal?.removeEventListener("abort", stop);
    },
  };
};

const start = async (
  connection: DuckDBConnection,
  sql: string,
  watch: Watch,
): Promise<DuckDBResult> => {
  watch.check();
  const statements = await connection.extractStatements(sql);
  const statement = await statements.prepare(0);
  if (statements.count !== 1 || statement.statementType !== StatementType.SELECT) {
    throw new TuttiError("TABLE_QUERY", "Only one SELECT may be run here.");
  }
  if (statement.parameterCount > 0) {
    throw new TuttiError("TABLE_QUERY", "The query has parameters without a value.", {
      hint: "Write the values into the query.",
    });
  }
  watch.check();
  return statement.stream();
};

const collect = async (
  result: DuckDBResult,
  limits: QueryLimits,
  watch: Watch,
): Promise<QueryResult> => {
  const maxRows = limits.maxRows ?? ROWS;
  const maxBytes = limits.maxBytes ?? BYTES;
  const columns = result.deduplicatedColumnNames().map((name, index) => ({
    name,
    type: columnTypeOf(result.columnTypeId(index)),
  }));
  refuseNested(result, columns);
  const rows: Cell[][] = [];
  let bytes = 0;
  const tooLong = (): TuttiError =>
    new TuttiError("TABLE_QUERY", `The result is larger than ${maxBytes} bytes.`, {
      hint: "Select fewer columns, aggregate, or add a LIMIT.",
    });
  for (;;) {
    watch.check();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return { columns, rows, truncated: false };
    if (columns.some((_, index) => longestText(chunk, index) > maxBytes)) throw tooLong();
    for (let index = 0; index < chunk.rowCount; index += 1) {
      if (rows.length === maxRows) return { columns, rows, truncated: true };
      const row = chunk.getRowValues(index).map(cellOfValue);
      bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
      if (bytes > maxBytes) throw tooLong();
      rows.push(row);
    }
  }
};

const NESTED = new Set<DuckDBTypeId>([
  DuckDBTypeId.LIST,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
  DuckDBTypeId.UNION,
  DuckDBTypeId.VARIANT,
  DuckDBTypeId.BLOB,
  DuckDBTypeId.BIT,
]);

/** A cell is one value; and a list has no size limit that could be checked before it is read. */
const refuseNested = (result: DuckDBResult, columns: QueryResult["columns"]): void => {
  const nested = columns.find((_, index) => NESTED.has(result.columnTypeId(index)));
  if (nested === undefined) return;
  throw new TuttiError("TABLE_QUERY", `The column "${nested.name}" holds lists or records.`, {
    hint: "Unnest it, or make it text with string_agg or a cast.",
  });
};

/** DuckDB's message without its picture of the line. */
const cleaned = (message: string): string =>
  message
    .split(/\n+LINE \d+:/)[0]!
    .replace(/^Error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim()
    .slice(0, 1000);
