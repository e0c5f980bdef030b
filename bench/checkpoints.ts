// Official savers and ours, in turns in one run, on one machine: npm run bench:checkpoints --
//   [--threads 10000] paused threads; [--rounds 5]; [--only a,b] measures whose name starts so
import { parseArgs } from "node:util";
import { added } from "./checkpoints/added.ts";
import { growth, history } from "./checkpoints/long-threads.ts";
import { paused } from "./checkpoints/paused-threads.ts";
import { concurrent, sequential } from "./checkpoints/saver-alone.ts";
import { sqliteSubject, startPostgresBench, type PostgresBench } from "./checkpoints/subjects.ts";
import { printHeader, type Kind } from "./checkpoints/table.ts";
import { wholeSteps } from "./checkpoints/whole-steps.ts";

const { values: args } = parseArgs({
  options: { threads: { type: "string" }, rounds: { type: "string" }, only: { type: "string" } },
});
const threads = Number(args.threads ?? 10_000);
const rounds = Number(args.rounds ?? 5);

const sqlite = (kind: Kind) => sqliteSubject(kind, "normal");
let server: PostgresBench | undefined;
const postgres = async (): Promise<PostgresBench> => (server ??= await startPostgresBench());
const onPostgres = async (kind: Kind) => (await postgres()).subject(kind);

const measures: Readonly<Record<string, () => Promise<void>>> = {
  "sequential-20": () => sequential(rounds, 20),
  "sequential-50": () => sequential(rounds, 50),
  "sequential-100": () => sequential(rounds, 100),
  "concurrent-20": () => concurrent(rounds, 20),
  "concurrent-100": () => concurrent(rounds, 100),
  "concurrent-300": () => concurrent(Math.ceil(rounds / 2), 300),
  "whole-sqlite": () => wholeSteps("SQLite", sqlite, rounds),
  "whole-postgres": () => wholeSteps("Postgres", onPostgres, rounds),
  added: async () => added(await postgres(), rounds),
  "history-sqlite": () => history("SQLite", sqlite),
  "history-postgres": () => history("Postgres", onPostgres),
  "growth-sqlite": () => growth("SQLite", sqlite),
  "growth-postgres": () => growth("Postgres", onPostgres),
  "paused-sqlite": () => paused("SQLite", sqlite, threads),
  "paused-postgres": () => paused("Postgres", onPostgres, threads),
};

const wanted = args.only?.split(",") ?? [""];
printHeader();
for (const [name, run] of Object.entries(measures))
  if (wanted.some((part) => name.startsWith(part))) await run();
await server?.stop();
