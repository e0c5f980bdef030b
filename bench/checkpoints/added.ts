// What a saver adds to a step on PostgreSQL, against one INSERT on the same server.
import { randomBytes, randomUUID } from "node:crypto";
import { Runner } from "./runner.ts";
import type { PostgresBench } from "./subjects.ts";
import { KINDS, median, say, timed, type Kind } from "./table.ts";

const INSERT = "INSERT INTO one_insert VALUES ($1, $2)";

export const added = async ({ admin, subject }: PostgresBench, rounds: number): Promise<void> => {
  const times: Record<Kind | "insert", number[]> = { stock: [], ours: [], insert: [] };
  await admin.query("CREATE TABLE one_insert (id text PRIMARY KEY, data bytea)");
  for (let round = 0; round < rounds; round += 1) {
    const inserts: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      const row = [randomUUID(), randomBytes(600)];
      inserts.push((await timed(() => admin.query(INSERT, row))).wall);
    }
    times.insert.push(median(inserts));
    for (const kind of KINDS) {
      const { saver, close } = await subject(kind);
      const runner = new Runner(saver, "t");
      for (let step = 0; step < 5; step += 1) await runner.next();
      const own: number[] = [];
      for (let step = 0; step < 60; step += 1) own.push((await timed(() => runner.next())).wall);
      times[kind].push(median(own));
      await close();
    }
  }
  const insert = median(times.insert);
  const stock = median(times.stock);
  const ours = median(times.ours);
  console.log(`one INSERT: ${(insert * 1_000).toFixed(0)} us`);
  say("Postgres, a step", { stock: stock * 1_000, ours: ours * 1_000 }, "us");
  const inInserts = { stock: stock / insert, ours: ours / insert };
  say("Postgres, added to a step, in INSERTs", inInserts, "x", { atMost: 2.5 });
};
