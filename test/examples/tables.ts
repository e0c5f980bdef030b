// The example tables in DuckDB, read by DuckDB itself: the tests of the data trust no loader of ours.
import { join } from "node:path";
import { DuckDBInstance, type Json } from "@duckdb/node-api";

export const EXAMPLES = join(import.meta.dirname, "../../examples");

export interface ExampleTables {
  rows(sql: string): Promise<Record<string, Json>[]>;
  close(): void;
}

export const openExamples = async (): Promise<ExampleTables> => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const file = (name: string): string => `'${join(EXAMPLES, name)}'`;
  await connection.run(`
    create table sales as from read_csv(${file("sales.csv")});
    create table dirty as from read_csv(${file("sales-dirty.csv")}, all_varchar = true);
    create table sensors as from read_parquet(${file("sensors.parquet")});
    create table tickets as from read_csv(${file("tickets.tsv")}, delim = '\t');
    create table clinic as from read_json(${file("clinic.json")});
  `);
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
};
