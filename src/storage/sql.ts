// The query builder of one database, and the few places where the two differ.
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Clock } from "../clock.ts";
import type { DeliveryOf } from "./records.ts";
import type { Tables } from "./tables.ts";

/** What steps are written with. The query builder only compiles; a Runner runs. */
export interface Sql {
  readonly dialect: "sqlite" | "postgres";
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  /** Absent: webhooks are told of ends that attempts report, and of no others. */
  readonly deliveryOf?: DeliveryOf | undefined;
  /** The next fencing token, as an expression. PostgreSQL only. */
  readonly nextToken: RawBuilder<number>;
}

export const sqliteSql = (clock: Clock): Sql => ({
  dialect: "sqlite",
  clock,
  nextToken: sql<number>`NULL`,
  db: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
});

export const postgresSql = (clock: Clock, schema: string): Sql => ({
  dialect: "postgres",
  clock,
  nextToken: sql<number>`nextval(${sql.lit(`"${schema}".run_token`)})`,
  db: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }).withSchema(schema),
});

/** Locks the rows that are read until the transaction ends. On SQLite the transaction is the lock. */
export const locked = <Tbs extends keyof Tables, Row>(
  { dialect }: Sql,
  query: SelectQueryBuilder<Tables, Tbs, Row>,
  of?: Tbs,
): SelectQueryBuilder<Tables, Tbs, Row> => (dialect === "postgres" ? query.forUpdate(of) : query);

/** Whether `part` occurs in a text column; both were folded to lower case. */
export const contains = ({ dialect }: Sql, column: string, part: string): RawBuilder<boolean> =>
  dialect === "postgres"
    ? sql<boolean>`strpos(${sql.ref(column)}, ${part}) > 0`
    : sql<boolean>`instr(${sql.ref(column)}, ${part}) > 0`;
