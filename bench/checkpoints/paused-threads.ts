// Many threads that wait for an answer: what they take, and what a resume among them costs.
import { randomUUID } from "node:crypto";
import { message, Runner } from "./runner.ts";
import type { AnySaver, Subject } from "./subjects.ts";
import { median, perKind, say, timed, type Kind } from "./table.ts";

const FEW = 100;
const RESUMES = 200;

const fill = async (saver: AnySaver, from: number, to: number, width: number): Promise<void> => {
  const pauseOne = async (thread: number): Promise<void> => {
    const runner = new Runner(saver, `paused-${thread}`);
    for (let step = 0; step < 3; step += 1) await runner.next("async");
    await runner.pause();
  };
  for (let i = from; i < to; i += width) {
    const length = Math.min(width, to - i);
    await Promise.all(Array.from({ length }, (_, k) => pauseOne(i + k)));
  }
};

const resumeOne = async (saver: AnySaver, thread_id: string): Promise<number> => {
  const { wall } = await timed(async () => {
    const tuple = await saver.getTuple({ configurable: { thread_id, checkpoint_ns: "" } });
    const writes: [string, unknown][] = [["messages", [message()]]];
    await saver.putWrites(tuple?.config ?? {}, writes, randomUUID(), "~__pregel_pull, ask");
  });
  return wall;
};

/** Resumes in turns in a database with few threads and in one with many. */
const resume = async (few: AnySaver, many: AnySaver, threads: number) => {
  const times: Record<"few" | "many", number[]> = { few: [], many: [] };
  for (let i = 0; i < RESUMES; i += 1) {
    times.few.push(await resumeOne(few, `paused-${i % FEW}`));
    times.many.push(await resumeOne(many, `paused-${Math.floor((threads * i) / RESUMES)}`));
  }
  return { few: median(times.few), many: median(times.many) };
};

export const paused = async (
  name: string,
  make: (kind: Kind) => Promise<Subject>,
  threads: number,
): Promise<void> => {
  const width = name === "Postgres" ? 20 : 50;
  const { stock, ours } = await perKind(async (kind) => {
    const [few, many] = [await make(kind), await make(kind)];
    const empty = await many.bytes();
    await fill(few.saver, 0, FEW, width);
    await fill(many.saver, 0, threads, width);
    const size = ((await many.bytes()) - empty) / 1e6;
    const times = await resume(few.saver, many.saver, threads);
    await Promise.all([few.close(), many.close()]);
    return { ...times, size };
  });
  const count = threads.toLocaleString("en");
  say(`${name}, resume with ${FEW} paused threads`, { stock: stock.few, ours: ours.few }, "ms");
  say(`${name}, resume with ${count}`, { stock: stock.many, ours: ours.many }, "ms");
  const growth = { stock: stock.many / stock.few, ours: ours.many / ours.few };
  say(`${name}, resume with ${count} over ${FEW}`, growth, "x", { atMost: 1.3 });
  say(`${name}, size of ${count} paused threads`, { stock: stock.size, ours: ours.size }, "MB", {
    part: 3,
  });
};
