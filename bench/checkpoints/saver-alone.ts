// A saver alone, SQLite: microseconds a step. What the driver itself costs is measured in the same run,
// with a saver that stores nothing, and taken off.
import { NO_SAVER, sqliteSubject, type AnySaver } from "./subjects.ts";
import { Runner } from "./runner.ts";
import { KINDS, median, say, timed, type Kind, type Time } from "./table.ts";

type Load = (saver: AnySaver) => Promise<number>;

const inTurn =
  (threads: number, steps: number): Load =>
  async (saver) => {
    for (let thread = 0; thread < threads; thread += 1) {
      const runner = new Runner(saver, `t${thread}`);
      for (let step = 0; step < steps; step += 1) await runner.next();
    }
    return threads * steps;
  };

const atOnce =
  (threads: number, steps: number): Load =>
  async (saver) => {
    const run = async (_: unknown, i: number): Promise<void> => {
      const runner = new Runner(saver, `t${i}`);
      for (let step = 0; step < steps; step += 1) await runner.next();
    };
    await Promise.all(Array.from({ length: threads }, run));
    return threads * steps;
  };

// Rounds that are not counted: V8 compiles what it finds hot during the first ten thousand steps, and
// the official saver, which is mostly native code, has less to gain by that.
const WARM_UP = 4;

/** Rounds of a load on new databases, in turns. */
const compare = async (
  rounds: number,
  durability: "full" | "normal",
  load: Load,
): Promise<Record<Kind, Time>> => {
  const times: Record<Kind | "driver", Time[]> = { stock: [], ours: [], driver: [] };
  const run = async (kind: Kind | "driver", saver: AnySaver): Promise<void> => {
    let steps = 0;
    const { wall, cpu } = await timed(async () => (steps = await load(saver)));
    times[kind].push({ wall: (wall * 1_000) / steps, cpu: (cpu * 1_000) / steps });
  };
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    await run("driver", NO_SAVER);
    for (const kind of KINDS) {
      const subject = await sqliteSubject(kind, durability);
      await run(kind, subject.saver);
      await subject.close();
    }
  }
  const middle = (kind: Kind | "driver", part: keyof Time): number =>
    median(times[kind].slice(WARM_UP).map((time) => time[part]));
  const alone = (kind: Kind): Time => ({
    wall: middle(kind, "wall") - middle("driver", "wall"),
    cpu: middle(kind, "cpu") - middle("driver", "cpu"),
  });
  return { stock: alone("stock"), ours: alone("ours") };
};

const pick = (times: Record<Kind, Time>, part: keyof Time): Record<Kind, number> => ({
  stock: times.stock[part],
  ours: times.ours[part],
});

/** One thread after the other, durability normal. */
export const sequential = async (rounds: number, steps: number): Promise<void> => {
  const times = await compare(rounds, "normal", inTurn(Math.ceil(2_000 / steps), steps));
  const name = `SQLite, threads of ${steps} steps in turn`;
  say(`${name}, CPU`, pick(times, "cpu"), "us", { part: 2.5 });
  say(`${name}, wall`, pick(times, "wall"), "us");
};

/** 32 threads at once, each step on the disk. */
export const concurrent = async (rounds: number, steps: number): Promise<void> => {
  const times = await compare(rounds, "full", atOnce(32, steps));
  const name = `SQLite FULL, 32 threads of ${steps} steps at once`;
  say(`${name}, wall`, pick(times, "wall"), "us", { part: 8 });
  say(`${name}, CPU`, pick(times, "cpu"), "us");
};
