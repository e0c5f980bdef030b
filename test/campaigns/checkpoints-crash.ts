// kill -9 of the writer at random moments; then every acknowledged checkpoint and write must be there,
// complete, and nothing unreadable. For PostgreSQL also SIGKILL of the server itself.
//   npm run campaign -- checkpoints-crash [--seed N] [--count N] [--servers N] [--mode sqlite-full]
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { care, open, type Persistence } from "../../checkpoints/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    count: { type: "string" },
    servers: { type: "string" },
    mode: { type: "string" },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const kills = Number(values.count ?? 300);
const serverKills = Number(values.servers ?? 50);

let state = seed >>> 0;
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};

const THREADS = 4;
const WRITER = join(import.meta.dirname, "checkpoints-writer.ts");

interface Acknowledged {
  readonly kind: string;
  readonly thread: string;
  readonly step: number;
  readonly id: string;
}

// Runs a writer until `stop` is called some time after its first acknowledgement.
const writeAndDie = async (
  url: string,
  durability: string,
  prefix: string,
  die: (writer: ReturnType<typeof spawn>) => Promise<void> | void,
): Promise<Acknowledged[]> => {
  const writer = spawn(process.execPath, [WRITER, url, durability, prefix, String(THREADS)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  writer.stderr?.on("data", (text: Buffer) => (errors += text.toString()));
  const ended = new Promise((resolve) => writer.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    writer.stdout?.on("data", (text: Buffer) => {
      output += text.toString();
      resolve();
    });
    writer.once("close", () => reject(new Error(`the writer wrote nothing: ${errors}`)));
  });
  await new Promise((resolve) => setTimeout(resolve, random() * 250));
  await die(writer);
  writer.kill("SIGKILL");
  await ended;
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n");
  return lines.map((line) => {
    const [kind = "", thread = "", step = "", id = ""] = line.split(" ");
    return { kind, thread, step: Number(step), id };
  });
};

const check = async (
  { saver }: Persistence,
  acknowledged: readonly Acknowledged[],
): Promise<string[]> => {
  const problems: string[] = [];
  // every one of the last of each thread, and a sample of the others
  const lastOf = new Map(acknowledged.map((item) => [`${item.kind} ${item.thread}`, item]));
  const chosen = acknowledged.filter(
    (item) => lastOf.get(`${item.kind} ${item.thread}`) === item || random() < 0.05,
  );
  for (const { kind, thread, step, id } of chosen) {
    const tuple = await saver.getTuple({
      configurable: { thread_id: thread, checkpoint_ns: "", checkpoint_id: id },
    });
    const { log, step: stored } = (tuple?.checkpoint.channel_values ?? {}) as {
      log?: string[];
      step?: number;
    };
    const isRight =
      stored === step &&
      log?.length === step + 1 &&
      log.every((line, i) => line.startsWith(`${thread} step ${i} `));
    if (!isRight)
      problems.push(
        `${thread} step ${step}: checkpoint ${tuple === undefined ? "missing" : "wrong"}`,
      );
    const [write] = tuple?.pendingWrites ?? [];
    if (
      kind === "w" &&
      !(write?.[2] as string[] | undefined)?.[0]?.startsWith(`${thread} write ${step} `)
    )
      problems.push(`${thread} step ${step}: write missing`);
  }
  return problems;
};

let failures = 0;
const report = (
  mode: string,
  number: number,
  acknowledged: number,
  problems: readonly string[],
): void => {
  failures += problems.length;
  for (const problem of problems) console.log(`${mode}: ${problem}`);
  console.log(
    `${mode}: seed ${seed}, ${number} kills, ${acknowledged} acknowledged, ${problems.length} problems`,
  );
};

const sqliteMode = async (durability: "full" | "normal"): Promise<void> => {
  const problems: string[] = [];
  let acknowledged = 0;
  let folder = "";
  for (let kill = 0; kill < kills; kill += 1) {
    // twenty kills to a database, so that recovery meets recovery
    if (kill % 20 === 0) {
      if (folder !== "") rmSync(folder, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), "tutti-crash-"));
    }
    const url = `sqlite:${join(folder, "t.db")}`;
    const acks = await writeAndDie(url, durability, `k${kill}`, () => undefined);
    acknowledged += acks.length;
    const persistence = await open(url);
    problems.push(...(await check(persistence, acks)));
    if (kill % 20 === 19 || kill === kills - 1) {
      const { damages, database } = await care.verify(persistence);
      problems.push(...database, ...damages.map(({ thread, problem }) => `${thread}: ${problem}`));
    }
    await persistence.close();
  }
  rmSync(folder, { recursive: true, force: true });
  report(`sqlite-${durability}`, kills, acknowledged, problems);
};

const postgresMode = async (
  durability: "full" | "normal",
  killsServer: boolean,
  number: number,
): Promise<void> => {
  const server = await startPostgres({ fsync: killsServer });
  if ("why" in server) return;
  const problems: string[] = [];
  let acknowledged = 0;
  for (let kill = 0; kill < number; kill += 1) {
    const acks = await writeAndDie(server.url, durability, `k${kill}`, async () => {
      if (!killsServer) return;
      server.process?.kill("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    acknowledged += acks.length;
    if (killsServer) await server.restart();
    const persistence = await open(server.url, { pool: { connections: 2 } });
    problems.push(...(await check(persistence, acks)));
    if (kill % 50 === 49 || kill === number - 1) {
      const { damages } = await care.verify(persistence);
      problems.push(...damages.map(({ thread, problem }) => `${thread}: ${problem}`));
      if (kill !== number - 1)
        for await (const { thread } of care.allThreads(persistence))
          await persistence.saver.deleteThread(thread);
    }
    await persistence.close();
  }
  await server.stop();
  report(`postgres-${durability}${killsServer ? "-server" : ""}`, number, acknowledged, problems);
};

const modes: Readonly<Record<string, () => Promise<void>>> = {
  "sqlite-full": () => sqliteMode("full"),
  "sqlite-normal": () => sqliteMode("normal"),
  "postgres-full": () => postgresMode("full", false, kills),
  "postgres-normal": () => postgresMode("normal", false, kills),
  "postgres-server": () => postgresMode("full", true, serverKills),
};

for (const [name, run] of Object.entries(modes)) {
  if (values.mode === undefined || values.mode === name) await run();
}
process.exit(failures === 0 ? 0 : 1);
