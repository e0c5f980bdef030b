// A thread of 1,000 messages: its bytes, its steps, its state; and the newest ten of 200 checkpoints.
import { MESSAGE_BYTES, Runner } from "./runner.ts";
import type { Subject } from "./subjects.ts";
import { median, perKind, say, timed, type Kind, type Time } from "./table.ts";

type Make = (kind: Kind) => Promise<Subject>;
const CONFIG = { configurable: { thread_id: "t", checkpoint_ns: "" } };

/** Times in ms that may be taken on SQLite and on PostgreSQL. */
const limits = (name: string, sqlite: number, postgres: number): { atMost: number } => ({
  atMost: name === "SQLite" ? sqlite : postgres,
});

const grow = async (make: Make, kind: Kind) => {
  const subject = await make(kind);
  const empty = await subject.bytes();
  const runner = new Runner(subject.saver, "t");
  const sizes = new Map<number, number>();
  const last: number[] = [];
  for (let step = 1; step <= 1_000; step += 1) {
    const { wall } = await timed(() => runner.next());
    if (step > 900) last.push(wall);
    if (step === 250 || step === 1_000)
      sizes.set(step, ((await subject.bytes()) - empty) / (step * MESSAGE_BYTES));
  }
  const reads: Time[] = [];
  for (let i = 0; i < 21; i += 1) reads.push(await timed(() => subject.saver.getTuple(CONFIG)));
  await subject.close();
  const part = (name: keyof Time) => median(reads.map((time) => time[name]));
  return { sizes, step: median(last), read: part("wall"), readCpu: part("cpu") };
};

export const growth = async (name: string, make: Make): Promise<void> => {
  const { stock, ours } = await perKind((kind) => grow(make, kind));
  const bytes = (step: number) => ({
    stock: stock.sizes.get(step) ?? 0,
    ours: ours.sizes.get(step) ?? 0,
  });
  say(`${name}, bytes after 250 steps, over the deltas`, bytes(250), "x", { atMost: 1.5 });
  say(`${name}, bytes after 1,000 steps, over the deltas`, bytes(1_000), "x", { atMost: 1.5 });
  const times = (part: "step" | "read" | "readCpu") => ({ stock: stock[part], ours: ours[part] });
  say(`${name}, a step at 1,000 messages`, times("step"), "ms", limits(name, 2, 5));
  say(`${name}, getState of 1,000 messages`, times("read"), "ms", limits(name, 5, 10));
  say(`${name}, getState of 1,000 messages, CPU`, times("readCpu"), "ms");
};

export const history = async (name: string, make: Make): Promise<void> => {
  const times = await perKind(async (kind) => {
    const { saver, close } = await make(kind);
    const runner = new Runner(saver, "t");
    for (let step = 0; step < 200; step += 1) await runner.next();
    const newest = async (): Promise<void> => {
      for await (const tuple of saver.list(CONFIG, { limit: 10 })) void tuple;
    };
    const own: number[] = [];
    for (let i = 0; i < 11; i += 1) own.push((await timed(newest)).wall);
    await close();
    return median(own);
  });
  say(`${name}, newest 10 of 200 steps`, times, "ms", limits(name, 10, 20));
};
