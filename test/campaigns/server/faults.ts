// What is done to the processes, one thing after the other; some last longer than the time to the next.
import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, restart } from "./cluster.ts";
import type { Random } from "./random.ts";
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
  readonly lasting: Set<Promise<void>>;
  readonly restarts: { killedAt: number; readyAt: number }[];
  databaseIsBack: Promise<void>;
  networkIsBack: Promise<void>;
}

const last = (scene: Scene, work: Promise<void>): Promise<void> => {
  scene.lasting.add(work);
  return work.finally(() => scene.lasting.delete(work));
};

/** A worker that runs: the chosen one, or the next that is ready and awake. */
const awake = async ({ cluster, random, asleep }: Scene): Promise<Running> => {
  const first = random.below(cluster.workers.length);
  for (;;) {
    for (let at = 0; at < cluster.workers.length; at += 1) {
      const { running } = cluster.workers[(first + at) % cluster.workers.length] as Slot;
      if (running !== undefined && !asleep.has(running.pid)) return running;
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

/** Does all faults of the plan, in seeded order, `everyMs` apart on average; ends when all is up again. */
export const doFaults = async (
  cluster: Cluster,
  plan: Plan,
  random: Random,
  everyMs: number,
  tell: (done: number, all: number) => void,
): Promise<Damage> => {
  const scene: Scene = {
    cluster,
    random,
    pids: new Set(),
    asleep: new Set(),
    lasting: new Set(),
    restarts: [],
    databaseIsBack: Promise.resolve(),
    networkIsBack: Promise.resolve(),
  };
  const faults = random.shuffled(
    (Object.keys(plan) as Fault[]).flatMap((fault) => Array<Fault>(plan[fault]).fill(fault)),
  );
  const done: Record<Fault, number> = { worker: 0, api: 0, database: 0, stop: 0, partition: 0 };
  for (const [at, fault] of faults.entries()) {
    await wait(random.next() * 2 * everyMs);
    await FAULTS[fault](scene);
    done[fault] += 1;
    tell(at + 1, faults.length);
  }
  while (scene.lasting.size > 0) await Promise.all(scene.lasting);
  await Promise.all([cluster.api, ...cluster.workers].map((slot) => slot.untilUp()));
  return { done, pids: scene.pids, restarts: scene.restarts };
};
