// Official savers and ours, in turns in one run, on one machine: npm run bench:checkpoints
//   [--threads 10000] paused threads for the last two measures; [--rounds 5]; [--only name]
// "Saver alone" drives a saver as LangGraph does: the writes of a task, then the next checkpoint.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { HumanMessage, type BaseMessage } from "@langchain/core/messages";
import type { BaseCheckpointSaver, Checkpoint } from "@langchain/langgraph-checkpoint";
import { uuid5, uuid6 } from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import Database from "better-sqlite3";
import { Pool } from "pg";
import { randomBytes, randomUUID } from "node:crypto";
import { open } from "../checkpoints/index.ts";
import { startPostgres } from "../test/fixtures/postgres.ts";

const { values: args } = parseArgs({
  options: { threads: { type: "string" }, rounds: { type: "string" }, only: { type: "string" } },
});
const PAUSED = Number(args.threads ?? 10_000);
const ROUNDS = Number(args.rounds ?? 5);

type AnySaver = BaseCheckpointSaver<string | number>;

interface Subject {
  readonly saver: AnySaver;
  /** Bytes of everything it stored. */
  bytes(): Promise<number>;
  close(): Promise<void>;
}

type Kind = "stock" | "ours";
const KINDS: readonly Kind[] = ["stock", "ours"];

// ---- subjects ----------------------------------------------------------------------------------

const sqliteSubject = async (kind: Kind, synchronous: "FULL" | "NORMAL"): Promise<Subject> => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
  const path = join(folder, "t.db");
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  const saver =
    kind === "stock"
      ? (new SqliteSaver(database) as unknown as AnySaver)
      : (await open("sqlite:", { database })).saver;
  return {
    saver: saver,
    bytes: async () => {
      database.pragma("wal_checkpoint(TRUNCATE)");
      return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    },
    close: async () => {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
};

const server = await startPostgres({ fsync: true });
if ("why" in server) throw new Error(server.why);
const admin = new Pool({ connectionString: server.url, max: 1 });
let databases = 0;

const postgresSubject = async (kind: Kind): Promise<Subject> => {
  const name = `bench_${(databases += 1)}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const size = new Pool({ connectionString: url.href, max: 1 });
  const bytes = async (): Promise<number> => {
    await size.query("CHECKPOINT");
    const { rows } = await size.query<{ bytes: string }>(
      `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'`,
    );
    return Number(rows[0]?.bytes);
  };
  if (kind === "stock") {
    const pool = new Pool({ connectionString: url.href, max: 10 });
    const saver = new PostgresSaver(pool);
    await saver.setup();
    return {
      saver: saver as unknown as AnySaver,
      bytes,
      close: async () => void (await Promise.all([pool.end(), size.end()])),
    };
  }
  const persistence = await open(url.href);
  return {
    saver: persistence.saver,
    bytes,
    close: async () => void (await Promise.all([persistence.close(), size.end()])),
  };
};

// ---- what a run does -----------------------------------------------------------------------------

const MESSAGE_BYTES = 515;

// Text that does not compress below its size, in a message of exactly 515 bytes as JSON.
const message = (): BaseMessage => {
  const empty = JSON.stringify(new HumanMessage({ content: "", id: randomUUID() })).length;
  const content = randomBytes(MESSAGE_BYTES)
    .toString("base64")
    .slice(0, MESSAGE_BYTES - empty);
  return new HumanMessage({ content, id: randomUUID() });
};

/** A thread driven as LangGraph drives a graph of one looping node. */
class Runner {
  readonly messages: BaseMessage[] = [];
  private config: object;
  private checkpoint: Checkpoint | undefined;
  private step = 0;
  private readonly saver: AnySaver;

  constructor(saver: AnySaver, thread: string) {
    this.saver = saver;
    this.config = { configurable: { thread_id: thread, checkpoint_ns: "" } };
  }

  async next(durability: "sync" | "async" = "sync"): Promise<void> {
    const { saver } = this;
    const added = message();
    const writes =
      this.checkpoint === undefined
        ? undefined
        : saver.putWrites(
            this.config,
            [
              ["messages", [added]],
              ["branch:to:loop", null],
            ],
            uuid5(String(this.step), this.checkpoint.id),
            "~__pregel_pull, loop",
          );
    this.messages.push(added);
    const before = this.checkpoint?.channel_versions ?? {};
    const version = saver.getNextVersion(Object.values(before)[0]) as never;
    const checkpoint: Checkpoint = {
      v: 4,
      id: uuid6(this.step),
      ts: new Date().toISOString(),
      channel_values: { messages: [...this.messages], "branch:to:loop": null, __pregel_tasks: [] },
      channel_versions: {
        messages: version,
        "branch:to:loop": version,
        __start__: before["__start__"] ?? version,
      },
      versions_seen: {
        __input__: {},
        __start__: { __start__: before["__start__"] ?? version },
        loop: { "branch:to:loop": before["branch:to:loop"] ?? version },
      },
    };
    const newVersions = { messages: version, "branch:to:loop": version };
    const put = saver.put(
      this.config,
      checkpoint,
      { source: "loop", step: this.step, parents: {} },
      newVersions,
    );
    this.step += 1;
    if (durability === "sync") await writes;
    this.config = await put;
    this.checkpoint = checkpoint;
  }

  async pause(): Promise<void> {
    const task = uuid5("ask", this.checkpoint?.id ?? "");
    await this.saver.putWrites(
      this.config,
      [
        [
          "__interrupt__",
          [
            {
              id: randomBytes(16).toString("hex"),
              value: { question: "Shall I send the report to everybody on the list?" },
            },
          ],
        ],
      ],
      task,
      "~__pregel_pull, ask",
    );
  }
}

// ---- measuring -----------------------------------------------------------------------------------

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const timed = async (work: () => Promise<unknown>): Promise<{ ms: number; cpu: number }> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const used = process.cpuUsage(cpu);
  return { ms: performance.now() - start, cpu: (used.user + used.system) / 1_000 };
};

interface Line {
  readonly measure: string;
  readonly stock: string;
  readonly ours: string;
  readonly ratio: string;
  readonly aim: string;
}
const lines: Line[] = [];
const say = (measure: string, stock: number, ours: number, unit: string, aim: string): void => {
  const show = (value: number): string =>
    Number.isNaN(value) ? "-" : `${value >= 100 ? Math.round(value) : value.toFixed(2)} ${unit}`;
  const line = {
    measure,
    stock: show(stock),
    ours: show(ours),
    ratio: Number.isNaN(stock) ? "-" : `${(stock / ours).toFixed(1)}x`,
    aim,
  };
  lines.push(line);
  console.log(`| ${Object.values(line).join(" | ")} |`);
};

const makers: Readonly<Record<string, (kind: Kind) => Promise<Subject>>> = {
  SQLite: (kind) => sqliteSubject(kind, "NORMAL"),
  Postgres: postgresSubject,
};

const perKind = async <T>(work: (kind: Kind) => Promise<T>): Promise<Record<Kind, T>> => ({
  stock: await work("stock"),
  ours: await work("ours"),
});

// 1, 2, 6: a thread of 1,000 messages
const growth = async (name: string): Promise<void> => {
  const make = makers[name] as (kind: Kind) => Promise<Subject>;
  const results = await perKind(async (kind) => {
    const subject = await make(kind);
    const empty = await subject.bytes();
    const runner = new Runner(subject.saver, "t");
    const sizes: number[] = [];
    const last: number[] = [];
    for (let step = 1; step <= 1_000; step += 1) {
      const { ms } = await timed(() => runner.next());
      if (step > 900) last.push(ms);
      if (step === 250 || step === 1_000)
        sizes.push(((await subject.bytes()) - empty) / (step * MESSAGE_BYTES));
    }
    const reads: number[] = [];
    for (let i = 0; i < 15; i += 1) {
      reads.push(
        (
          await timed(() =>
            subject.saver.getTuple({ configurable: { thread_id: "t", checkpoint_ns: "" } }),
          )
        ).ms,
      );
    }
    await subject.close();
    return { sizes, step: median(last), read: median(reads) };
  });
  const { stock, ours } = results;
  say(
    `${name}: bytes / sum of deltas, 250 steps`,
    stock.sizes[0] ?? 0,
    ours.sizes[0] ?? 0,
    "x",
    "flat in n",
  );
  say(
    `${name}: bytes / sum of deltas, 1,000 steps`,
    stock.sizes[1] ?? 0,
    ours.sizes[1] ?? 0,
    "x",
    "<= 1.5x",
  );
  say(
    `${name}: a step at 1,000 messages`,
    stock.step,
    ours.step,
    "ms",
    name === "SQLite" ? "<= 2 ms" : "<= 5 ms",
  );
  say(
    `${name}: getState of 1,000 messages`,
    stock.read,
    ours.read,
    "ms",
    name === "SQLite" ? "<= 5 ms" : "<= 10 ms",
  );
};

// 7: the newest ten of 200 steps
const history = async (name: string): Promise<void> => {
  const make = makers[name] as (kind: Kind) => Promise<Subject>;
  const { stock, ours } = await perKind(async (kind) => {
    const subject = await make(kind);
    const runner = new Runner(subject.saver, "t");
    for (let step = 0; step < 200; step += 1) await runner.next();
    const times: number[] = [];
    for (let i = 0; i < 11; i += 1) {
      times.push(
        (
          await timed(async () => {
            for await (const tuple of subject.saver.list(
              { configurable: { thread_id: "t", checkpoint_ns: "" } },
              { limit: 10 },
            ))
              void tuple;
          })
        ).ms,
      );
    }
    await subject.close();
    return median(times);
  });
  say(
    `${name}: newest 10 of 200 steps`,
    stock,
    ours,
    "ms",
    name === "SQLite" ? "<= 10 ms" : "<= 20 ms",
  );
};

// 3: many threads at once, each step durable
const concurrent = async (steps: number): Promise<void> => {
  const times: Record<Kind, number[]> = { stock: [], ours: [] };
  const cpus: Record<Kind, number[]> = { stock: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of KINDS) {
      const subject = await sqliteSubject(kind, "FULL");
      const runners = Array.from({ length: 32 }, (_, i) => new Runner(subject.saver, `t${i}`));
      for (const runner of runners) await runner.next();
      const { ms, cpu } = await timed(() =>
        Promise.all(
          runners.map(async (runner) => {
            for (let step = 0; step < steps; step += 1) await runner.next();
          }),
        ),
      );
      times[kind].push((ms * 1_000) / (32 * steps));
      cpus[kind].push((cpu * 1_000) / (32 * steps));
      await subject.close();
    }
  }
  say(
    `SQLite FULL, 32 threads, ${steps} steps each, wall`,
    median(times.stock),
    median(times.ours),
    "us",
    "<= 1/8 of stock",
  );
  say(
    `SQLite FULL, 32 threads, ${steps} steps each, CPU`,
    median(cpus.stock),
    median(cpus.ours),
    "us",
    "",
  );
};

// 4: one thread after the other
const sequential = async (steps: number): Promise<void> => {
  const threads = Math.ceil(400 / steps);
  const cpus: Record<Kind, number[]> = { stock: [], ours: [] };
  const times: Record<Kind, number[]> = { stock: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of KINDS) {
      const subject = await sqliteSubject(kind, "NORMAL");
      await new Runner(subject.saver, "warm").next();
      const runs = async (): Promise<void> => {
        for (let thread = 0; thread < threads; thread += 1) {
          const runner = new Runner(subject.saver, `t${thread}`);
          for (let step = 0; step < steps; step += 1) await runner.next();
        }
      };
      const { ms, cpu } = await timed(runs);
      cpus[kind].push((cpu * 1_000) / (threads * steps));
      times[kind].push((ms * 1_000) / (threads * steps));
      await subject.close();
    }
  }
  say(
    `SQLite NORMAL, threads of ${steps} steps in turn, CPU`,
    median(cpus.stock),
    median(cpus.ours),
    "us",
    "<= 1/2.5 of stock",
  );
  say(
    `SQLite NORMAL, threads of ${steps} steps in turn, wall`,
    median(times.stock),
    median(times.ours),
    "us",
    "",
  );
};

// 5: against one INSERT of the same server
const added = async (): Promise<void> => {
  const times: Record<Kind | "insert", number[]> = { stock: [], ours: [], insert: [] };
  await admin.query("CREATE TABLE one_insert (id text PRIMARY KEY, data bytea)");
  for (let round = 0; round < ROUNDS; round += 1) {
    const inserts: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      inserts.push(
        (
          await timed(() =>
            admin.query("INSERT INTO one_insert VALUES ($1, $2)", [randomUUID(), randomBytes(600)]),
          )
        ).ms,
      );
    }
    times.insert.push(median(inserts));
    for (const kind of KINDS) {
      const subject = await postgresSubject(kind);
      const runner = new Runner(subject.saver, "t");
      for (let step = 0; step < 5; step += 1) await runner.next();
      const own: number[] = [];
      for (let step = 0; step < 60; step += 1) own.push((await timed(() => runner.next())).ms);
      times[kind].push(median(own));
      await subject.close();
    }
  }
  const insert = median(times.insert);
  console.log(
    `one INSERT: ${(insert * 1_000).toFixed(0)} us; a step: stock ${(median(times.stock) * 1_000).toFixed(0)}, ours ${(median(times.ours) * 1_000).toFixed(0)} us`,
  );
  say(
    "Postgres: added to a step, in INSERTs",
    median(times.stock) / insert,
    median(times.ours) / insert,
    "x",
    "<= 2.5x",
  );
};

// 8, 9: many paused threads
const paused = async (name: string): Promise<void> => {
  const make = makers[name] as (kind: Kind) => Promise<Subject>;
  const results = await perKind(async (kind) => {
    const subject = await make(kind);
    const empty = await subject.bytes();
    const fill = async (from: number, to: number): Promise<void> => {
      const width = name === "Postgres" ? 20 : 50;
      for (let i = from; i < to; i += width) {
        await Promise.all(
          Array.from({ length: Math.min(width, to - i) }, async (_, k) => {
            const runner = new Runner(subject.saver, `paused-${i + k}`);
            for (let step = 0; step < 3; step += 1) await runner.next("async");
            await runner.pause();
          }),
        );
      }
    };
    const resume = async (total: number): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 60; i += 1) {
        const config = {
          configurable: { thread_id: `paused-${Math.floor((total * i) / 60)}`, checkpoint_ns: "" },
        };
        times.push(
          (
            await timed(async () => {
              const tuple = await subject.saver.getTuple(config);
              await subject.saver.putWrites(
                tuple?.config ?? {},
                [["messages", [message()]]],
                randomUUID(),
                "~__pregel_pull, ask",
              );
            })
          ).ms,
        );
      }
      return median(times);
    };
    await fill(0, 100);
    const few = await resume(100);
    await fill(100, PAUSED);
    const bytes = (await subject.bytes()) - empty;
    const many = await resume(PAUSED);
    await subject.close();
    return { few, many, bytes };
  });
  const { stock, ours } = results;
  say(`${name}: resume with 100 paused threads`, stock.few, ours.few, "ms", "");
  say(
    `${name}: resume with ${PAUSED} paused threads`,
    stock.many,
    ours.many,
    "ms",
    `<= 1.3x of 100: is ${(ours.many / ours.few).toFixed(2)}x`,
  );
  say(
    `${name}: size, ${PAUSED} paused threads`,
    stock.bytes / 1e6,
    ours.bytes / 1e6,
    "MB",
    "<= 1/3 of stock",
  );
};

const measures: Readonly<Record<string, () => Promise<void>>> = {
  "sequential-20": () => sequential(20),
  "sequential-100": () => sequential(100),
  "concurrent-20": () => concurrent(20),
  "concurrent-100": () => concurrent(100),
  added,
  "history-sqlite": () => history("SQLite"),
  "history-postgres": () => history("Postgres"),
  "growth-sqlite": () => growth("SQLite"),
  "growth-postgres": () => growth("Postgres"),
  "paused-sqlite": () => paused("SQLite"),
  "paused-postgres": () => paused("Postgres"),
};

console.log(`| measure | stock | ours | stock/ours | aim |\n|---|---|---|---|---|`);
for (const [name, run] of Object.entries(measures)) {
  if (args.only === undefined || args.only.split(",").some((part) => name.startsWith(part)))
    await run();
}
await admin.end();
await server.stop();
