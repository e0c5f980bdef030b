// What is done to the processes: each kind of fault in a line of its own, so that all kinds overlap.
import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, restart } from "./cluster.ts";
import { createRandom, type Random } from "./random.ts";
import type { Running, Slot } from "./slot.ts";

export type Fault = "worker" | "api" | "database" | "stop" | "partition";
export type Plan = Readonly<Record<Fault, number>>;

export interface Damage {
  readonly done: Record<Fault, number>;
  /** Processes that were killed, stopped or cut off. */
  readonly pids: ReadonlySet<number>;
  /** When the servers of the API were killed, and when the next was ready, in milliseconds. */
  readonly restarts: readonly { readonly killedAt: number; readonly readyAt: number }[];
}

/** Longer than a lease of 8 s. */
const STOP_MS = 8_500;
const STOP_MORE_MS = 3_000;
const CUT_MS = 9_000;
const CUT_MORE_MS = 6_000;

interface Scene {
  readonly cluster: Cluster;
  readonly random: Random;
  readonly pids: Set<number>;
  readonly asleep: Set<number>;
  readonly progress: Progress;
  /** Work that had been begun at the last fault. */
  readonly atLastFault: { begun: number };
  readonly lasting: Set<Promise<void>>;
  readonly restarts: { killedAt: number; readyAt: number }[];
  databaseIsBack: Promise<void>;
  networkIsBack: Promise<void>;
}

const last = (scene: Scene, work: Promise<void>): Promise<void> => {
  scene.lasting.add(work);
  return work.finally(() => scene.lasting.delete(work));
};

interface Progress {
  /** Whether the process has begun any work. */
  has(pid: number): boolean;
  /** Pieces of work begun so far, by all. */
  begun(): number;
}

/** What the work log says so far: read on from where the last look ended. */
const followWork = (file: string): Progress => {
  const pids = new Set<number>();
  let count = 0;
  const buffer = Buffer.alloc(1 << 16);
  let offset = 0;
  const readOn = (): void => {
    const fd = openSync(file, "r");
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, offset);
      const text = buffer.toString("utf8", 0, length);
      const end = text.lastIndexOf("\n") + 1;
      if (end === 0) break;
      offset += Buffer.byteLength(text.slice(0, end));
      for (const [, pid] of text.slice(0, end).matchAll(/"pid":(\d+)/g)) {
        pids.add(Number(pid));
        count += 1;
      }
    }
    closeSync(fd);
  };
  return {
    has(pid) {
      if (!pids.has(pid)) readOn();
      return pids.has(pid);
    },
    begun() {
      readOn();
      return count;
    },
  };
};

const PATIENCE_MS = 3_000;
/** Pieces of work between two faults, so that they meet a system at work on machines of any speed. */
const WORK_BETWEEN = 4;
const LONGEST_MS = 15_000;

const untilAtWork = async ({ progress, atLastFault }: Scene): Promise<void> => {
  const began = Date.now();
  while (progress.begun() < atLastFault.begun + WORK_BETWEEN && Date.now() - began < LONGEST_MS)
    await wait(50);
  atLastFault.begun = progress.begun();
};

/** A worker that is awake, and has begun something that can be disturbed if there is such a one in time. */
const awake = async ({ cluster, random, asleep, progress }: Scene): Promise<Running> => {
  const first = random.below(cluster.workers.length);
  const began = Date.now();
  for (;;) {
    for (let at = 0; at < cluster.workers.length; at += 1) {
      const { running } = cluster.workers[(first + at) % cluster.workers.length] as Slot;
      if (running === undefined || asleep.has(running.pid)) continue;
      if (progress.has(running.pid) || Date.now() - began > PATIENCE_MS) return running;
    }
    await wait(20);
  }
};

const kill = (scene: Scene, running: Running): Promise<void> => {
  scene.pids.add(running.pid);
  running.kill("SIGKILL");
  return running.ended;
};

const killWorker = async (scene: Scene): Promise<void> => kill(scene, await awake(scene));

const killApi = async (scene: Scene): Promise<void> => {
  const { api } = scene.cluster;
  const running = await api.untilUp();
  const killedAt = Date.now();
  await kill(scene, running);
  void last(
    scene,
    api.untilUp().then(({ readyAt }) => void scene.restarts.push({ killedAt, readyAt })),
  );
};

const killDatabase = async (scene: Scene): Promise<void> => {
  const { database } = scene.cluster;
  if (database?.process === undefined) return;
  await scene.databaseIsBack;
  const isImmediate = scene.random.below(2) === 0;
  const awayMs = scene.random.below(1_000);
  const child = database.process;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(isImmediate ? "SIGQUIT" : "SIGKILL");
  const back = async (): Promise<void> => {
    await ended;
    await wait(awayMs);
    await restart(database);
  };
  scene.databaseIsBack = last(scene, back());
};

const stopWorker = async (scene: Scene): Promise<void> => {
  while (scene.asleep.size >= Math.ceil(scene.cluster.workers.length / 2)) await wait(50);
  const running = await awake(scene);
  const { pid } = running;
  scene.pids.add(pid);
  scene.asleep.add(pid);
  running.kill("SIGSTOP");
  const ms = STOP_MS + scene.random.below(STOP_MORE_MS);
  const goOn = async (): Promise<void> => {
    await wait(ms);
    running.kill("SIGCONT");
    scene.asleep.delete(pid);
  };
  void last(scene, goOn());
};

const cutOff = async (scene: Scene): Promise<void> => {
  const { partition, workers } = scene.cluster;
  if (partition === undefined) return;
  await scene.networkIsBack;
  const ms = CUT_MS + scene.random.below(CUT_MORE_MS);
  partition.cut();
  const note = (): void => {
    const pid = workers[0]?.running?.pid;
    if (pid !== undefined) scene.pids.add(pid);
  };
  note();
  const heal = async (): Promise<void> => {
    await wait(ms);
    note();
    partition.heal();
  };
  scene.networkIsBack = last(scene, heal());
};

const FAULTS: Readonly<Record<Fault, (scene: Scene) => Promise<void>>> = {
  worker: killWorker,
  api: killApi,
  database: killDatabase,
  stop: stopWorker,
  partition: cutOff,
};

/** Does all faults of the plan, at seeded moments, `everyMs` apart on average but not after `until`; ends when all is up again. */
export const doFaults = async (
  cluster: Cluster,
  plan: Plan,
  seed: number,
  { everyMs, until }: { readonly everyMs: number; readonly until: number },
  tell: (done: number, all: number) => void,
): Promise<Damage> => {
  const base = {
    cluster,
    progress: followWork(cluster.workLog),
    atLastFault: { begun: 0 },
    pids: new Set<number>(),
    asleep: new Set<number>(),
    lasting: new Set<Promise<void>>(),
    restarts: [],
  };
  const kinds = Object.keys(plan) as Fault[];
  const all = kinds.reduce((sum, kind) => sum + plan[kind], 0);
  const done: Record<Fault, number> = { worker: 0, api: 0, database: 0, stop: 0, partition: 0 };
  const line = async (kind: Fault, at: number): Promise<void> => {
    const scene: Scene = {
      ...base,
      random: createRandom(seed + at),
      databaseIsBack: Promise.resolve(),
      networkIsBack: Promise.resolve(),
    };
    const meanMs = (everyMs * all) / plan[kind];
    while (done[kind] < plan[kind] && Date.now() < until) {
      await wait(scene.random.next() * 2 * meanMs);
      await untilAtWork(scene);
      if (Date.now() > until) return;
      await FAULTS[kind](scene);
      done[kind] += 1;
      tell(
        kinds.reduce((sum, each) => sum + done[each], 0),
        all,
      );
    }
  };
  await Promise.all(kinds.map(line));
  while (base.lasting.size > 0) await Promise.all(base.lasting);
  await Promise.all([cluster.api, ...cluster.workers].map((slot) => slot.untilUp()));
  return { done, pids: base.pids, restarts: base.restarts };
};
