// Steps on PostgreSQL: statement by statement on one connection, between BEGIN and COMMIT. What was lost to
// another transaction, or to a connection that had ended, is done again from the start.
import { type Pool, type PoolClient, type QueryResult, types } from "pg";
import type { CompiledQuery } from "kysely";
import { databaseError } from "./database-error.ts";
import type { Signal, SignalSink, SqlExecutor } from "./records.ts";
import type { Answer, Runner, Step } from "./step.ts";
import { JsonText, toStored } from "./stored-text.ts";

const BIGINT = 20;
const NUMERIC = 1700;
const JSON_TYPES = [114, 3802];

// Times, counters and sums are numbers here (below 2^53), and JSON is decoded by the codecs.
const TYPES = {
  getTypeParser: (id: number, format?: "text" | "binary") => {
    if (id === BIGINT || id === NUMERIC) return Number;
    if (JSON_TYPES.includes(id)) return String;
    return types.getTypeParser(id, format);
  },
};

// Serialization failure, deadlock, and a row that another inserted between our look and our insert.
const LOST_RACE = /^(40001|40P01|23505)$/;
const DEAD_CONNECTION = /^(57P01|57P02|57P03|08\d\d\d|ECONNRESET|EPIPE)$/;
const ATTEMPTS = 6;

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? "";

const isDead = (error: unknown): boolean =>
  DEAD_CONNECTION.test(codeOf(error)) ||
  /Connection terminated|connection error/.test(String((error as Error | null)?.message));

const bound = (value: unknown): unknown => {
  if (value instanceof JsonText) return value.text;
  return typeof value === "string" ? toStored(value) : value;
};

/** The transaction may or may not be there: nobody may repeat it blindly. */
class UnknownOutcome {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));

export class PostgresRunner implements Runner {
  private readonly pool: Pool;
  private readonly signals: SignalSink | undefined;

  constructor(pool: Pool, signals: SignalSink | undefined) {
    this.pool = pool;
    this.signals = signals;
  }

  read<T>(step: () => Step<T>): Promise<T> {
    return this.repeated((client) => drive(client, step(), []));
  }

  async write<T>(step: () => Step<T>): Promise<T> {
    const told: Signal[] = [];
    const value = await this.repeated(async (client) => {
      told.length = 0;
      await client.query("BEGIN");
      try {
        const result = await drive(client, step(), told);
        if (told.length > 0) await this.signals?.within?.(executorOf(client), told);
        await commit(client);
        return result;
      } catch (error) {
        if (!(error instanceof UnknownOutcome) && !isDead(error)) await client.query("ROLLBACK");
        throw error;
      }
    });
    if (told.length > 0) this.signals?.after(told);
    return value;
  }

  private async repeated<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(work);
      } catch (error) {
        if (error instanceof UnknownOutcome) throw databaseError(error.error);
        // All idle connections may have died with a server that is back.
        const isRepeatable = LOST_RACE.test(codeOf(error)) || isDead(error);
        if (!isRepeatable || attempt === ATTEMPTS) throw databaseError(error);
        await pause(attempt);
      }
    }
  }

  private async once<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    // While it is checked out its errors are ours to hear; the query that fails reports them.
    const onError = (error: Error): void => void (broken = error);
    client.on("error", onError);
    try {
      return await work(client);
    } catch (error) {
      // A statement that timed out here may still run there: such a connection is not used again.
      const cause = error instanceof UnknownOutcome ? error.error : error;
      if (isDead(cause) || !(cause instanceof Error) || /timeout/i.test(cause.message))
        broken ??= cause as Error;
      throw error;
    } finally {
      client.removeListener("error", onError);
      client.release(broken);
    }
  }
}

const query = (
  client: PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<Record<string, unknown>>> =>
  client.query({ text, values: values.map(bound), types: TYPES });

const drive = async <T>(client: PoolClient, step: Step<T>, signals: Signal[]): Promise<T> => {
  let next = step.next();
  while (!next.done) {
    let answer: Answer = { rows: [], changes: 0 };
    if ("signal" in next.value) signals.push(next.value.signal);
    else answer = await execute(client, next.value);
    next = step.next(answer);
  }
  return next.value;
};

const execute = async (client: PoolClient, { sql, parameters }: CompiledQuery): Promise<Answer> => {
  const { rows, rowCount } = await query(client, sql, parameters);
  return { rows, changes: rowCount ?? 0 };
};

const commit = async (client: PoolClient): Promise<void> => {
  let answer;
  try {
    answer = await client.query("COMMIT");
  } catch (error) {
    // Refused (a serialization failure) is known; a connection lost on the way is not.
    throw LOST_RACE.test(codeOf(error)) ? error : new UnknownOutcome(error);
  }
  if (answer.command !== "COMMIT") throw new Error("the transaction was rolled back");
};

const executorOf = (client: PoolClient): SqlExecutor => ({
  executeSql: async (text, values = []) => ({ rows: (await client.query(text, values)).rows }),
});
