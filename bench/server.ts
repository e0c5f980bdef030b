// npm run bench:server [-- ROUNDS]: LangGraph's dev server and ours on the same graphs, in turn. Compare
// figures of one run only. Ours is measured on SQLite, and on PostgreSQL where there is one (DATABASE_URL,
// or the embedded server).
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../test/fixtures/postgres.ts";
import { inTurn, line, median } from "./measure.ts";
import { type Aim, AIMS, judge, sayVerdicts, titleOf } from "./server-aims.ts";
import { officialHost, postgresHost, sqliteHost, type Host, type Running } from "./server-hosts.ts";
import {
  firstEvent,
  recoveryAtRestart,
  recoveryElsewhere,
  throughput,
  waitRun,
} from "./server-measures.ts";

const ROUNDS = Number(process.argv[2] ?? 20);
/** Runs before the first that counts, so that V8 has compiled what they need. */
const WARM_UPS = 20;
const STARTS = 3;
const LOADS = 3;
const LOAD = { runs: 192, concurrency: 64 };
const RECOVERY_SECONDS = 20;

interface Contender {
  readonly host: Host;
  running: Running;
}

/** Starts what can be had and says of the rest why it is missing. */
const startable = async (makers: ReadonlyArray<readonly [string, () => Promise<Host>]>) => {
  const contenders: Contender[] = [];
  for (const [name, make] of makers) {
    let host: Host | undefined;
    try {
      host = await make();
      contenders.push({ host, running: await host.start() });
    } catch (error) {
      host?.forget();
      const why = error instanceof Error ? error.message : String(error);
      console.log(`\n*** ${name} is NOT measured: ${why}\n`);
    }
  }
  return contenders;
};

const report = (
  aim: Aim,
  figures: Record<string, number[]>,
  contenders: readonly Contender[],
): void => {
  console.log(`\n${titleOf(aim)}`);
  const { unit } = aim;
  for (const [name, values] of Object.entries(figures)) console.log(line(name, values, unit));
  for (const { host } of contenders) {
    const values = figures[host.name];
    if (values !== undefined) judge(aim, host, median(values));
  }
  const [first, ...others] = Object.entries(figures);
  for (const [name, values] of first === undefined ? [] : others)
    console.log(
      `${name} / ${first?.[0]}: ${(median(values) / median(first?.[1] ?? [])).toFixed(2)}`,
    );
};

const measureStarts = async (contenders: readonly Contender[]): Promise<void> => {
  const times: Record<string, number[]> = {};
  for (let round = 0; round < STARTS; round += 1)
    for (const contender of contenders) {
      await contender.running.stop();
      contender.running = await contender.host.start();
      (times[contender.host.name] ??= []).push(contender.running.startMilliseconds);
    }
  report(AIMS.start, times, contenders);
};

const measureWaits = async (contenders: readonly Contender[]): Promise<void> => {
  for (const { running } of contenders)
    for (let run = 0; run < WARM_UPS; run += 1) await waitRun(running.url);
  const each = contenders.map(({ host, running }) => [host.name, () => waitRun(running.url)]);
  const times = await inTurn(Object.fromEntries(each), ROUNDS);
  report(AIMS.wait, times, contenders);
};

const measureFirstEvents = async (contenders: readonly Contender[]): Promise<void> => {
  const times: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round += 1)
    for (const { host, running } of contenders) {
      const milliseconds = await firstEvent(running.url);
      if (round >= 0) (times[host.name] ??= []).push(milliseconds);
    }
  report(AIMS.first, times, contenders);
};

const measureLoad = async (contenders: readonly Contender[]): Promise<void> => {
  const rates: Record<string, number[]> = {};
  for (let round = -1; round < LOADS; round += 1)
    for (const { host, running } of contenders) {
      const rate = await throughput(running.url, LOAD);
      if (round >= 0) (rates[host.name] ??= []).push(rate);
    }
  report(AIMS.load, rates, contenders);
};

const sayMemory = (when: string, contenders: readonly Contender[]): void => {
  const aim = { ...AIMS.memory, measure: `memory of the largest process ${when}` };
  console.log(`\n${titleOf(aim)}`);
  for (const { host, running } of contenders) {
    const each = running.memory();
    const said = each.map((mebibytes) => mebibytes.toFixed(0)).join(" + ");
    console.log(`${host.name.padEnd(44)} ${said}`);
    judge(aim, host, Math.max(...each));
  }
};

const sayRecovery = (host: Host, where: string, milliseconds: number | undefined): void => {
  judge(AIMS.recovery, host, milliseconds ?? Number.POSITIVE_INFINITY);
  const said =
    milliseconds === undefined
      ? `never (not within ${RECOVERY_SECONDS} s)`
      : `${(milliseconds / 1000).toFixed(1)} s`;
  console.log(`${`${host.name}, ${where}`.padEnd(44)} ${said}`);
};

const measureRecovery = async (contenders: readonly Contender[], database: string | undefined) => {
  console.log(`\n${titleOf(AIMS.recovery)}`);
  for (const contender of contenders.filter(({ running }) => running.addWorker === undefined)) {
    const after = await recoveryAtRestart(contender.host, contender.running, RECOVERY_SECONDS);
    contender.running = after.running;
    sayRecovery(contender.host, "at restart", after.milliseconds);
  }
  if (database === undefined || !contenders.some(({ running }) => running.addWorker)) return;
  // One worker, so that it is certain which of them has the run.
  const host = await postgresHost(database, 1);
  const running = await host.start();
  sayRecovery(host, "elsewhere", await recoveryElsewhere(running, RECOVERY_SECONDS));
  await running.stop();
  host.forget();
};

const measureAll = async (contenders: readonly Contender[], database: string | undefined) => {
  await measureStarts(contenders);
  sayMemory("at rest", contenders);
  await measureWaits(contenders);
  await measureFirstEvents(contenders);
  await measureLoad(contenders);
  sayMemory("after the load", contenders);
  const workers = contenders.find(({ running }) => running.addWorker !== undefined);
  await workers?.running.stop();
  await measureRecovery(contenders, database);
};

// The servers run from the bundle, as an installed Tutti does.
execFileSync(process.execPath, [fileURLToPath(new URL("../bin/build.mjs", import.meta.url))]);
const postgres = await startPostgres({ fsync: true });
const database = "url" in postgres ? postgres.url : undefined;
const contenders = await startable([
  ["The official dev server", officialHost],
  ["Tutti on SQLite", sqliteHost],
  ...(database === undefined
    ? []
    : ([["Tutti on PostgreSQL", () => postgresHost(database)]] as const)),
]);
try {
  await measureAll(contenders, database);
} finally {
  for (const { host, running } of contenders) {
    await running.stop();
    host.forget();
  }
  if ("stop" in postgres) await postgres.stop();
  sayVerdicts();
}
