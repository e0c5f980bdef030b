// tutti db …: stats, verify, prune, export, import, backup.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { TuttiError } from "../../errors.ts";
import type { DataCare, Moved } from "../data-care.ts";
import { EXIT } from "../exit-code.ts";
import type { Command, Common } from "../platform.ts";

export interface DbGiven extends Common {
  /** Another database than the data folder's: `sqlite:PATH` or `postgres://…`. */
  readonly url?: string;
}

type Print = (value: object, text: string) => void;

const withCare =
  <Given extends DbGiven>(
    work: (care: DataCare, given: Given, print: Print) => Promise<number>,
  ): Command<Given> =>
  async (host, given) => {
    const care = await host.openCare(given.data ?? host.data, given.url);
    const print: Print = (value, text) =>
      host.terminal.out(given.json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
    try {
      return await work(care, given, print);
    } finally {
      await care.close();
    }
  };

const movedText = (word: string, { threads, checkpoints, items }: Moved): string =>
  `${word}: ${threads} threads with ${checkpoints} checkpoints, ${items} items of memory`;

export const dbStats = withCare(async (care, _given, print) => {
  const stats = await care.stats();
  const lines = Object.entries(stats).map(
    ([name, value]) => `${name.padEnd(14)} ${value.toLocaleString("en").padStart(16)}`,
  );
  print(stats, lines.join("\n"));
  return EXIT.finished;
});

export const dbVerify = withCare(async (care, _given, print) => {
  const found = await care.verify();
  const damages = found.damages.map(
    ({ thread, checkpoint, problem }) =>
      `damaged: thread ${thread}${checkpoint === undefined ? "" : `, checkpoint ${checkpoint}`}: ${problem}`,
  );
  const problems = [...damages, ...found.database.map((text) => `database: ${text}`)];
  const summary = `${found.threads} threads with ${found.checkpoints} checkpoints read; ${problems.length === 0 ? "nothing is damaged" : `${problems.length} problems`}`;
  print(found, [...problems, summary].join("\n"));
  return problems.length === 0 ? EXIT.finished : EXIT.failed;
});

export const dbPrune = withCare<DbGiven & { keep?: number; olderThan?: number }>(
  async (care, { keep = 1, olderThan }, print) => {
    const before =
      olderThan === undefined ? {} : { olderThan: new Date(Date.now() - olderThan * 86_400_000) };
    const pruned = await care.prune({ keep, ...before });
    print(pruned, `removed ${pruned.checkpoints} checkpoints`);
    return EXIT.finished;
  },
);

const refuseExisting = (file: string): string => {
  const path = resolve(file);
  if (existsSync(path))
    throw new TuttiError("OUTPUT_EXISTS", `${path} exists`, { hint: "name another file" });
  return path;
};

export const dbExport = withCare<DbGiven & { file: string }>(async (care, { file }, print) => {
  const moved = await care.exportTo(refuseExisting(file));
  print(moved, movedText("exported", moved));
  return EXIT.finished;
});

export const dbImport = withCare<DbGiven & { from: string }>(async (care, { from }, print) => {
  const moved = await care.importFrom(from);
  print(moved, movedText("imported", moved));
  return EXIT.finished;
});

export const dbBackup = withCare<DbGiven & { file: string }>(async (care, { file }, print) => {
  const path = refuseExisting(file);
  await care.backup(path);
  print({ file: path }, `copied to ${path}`);
  return EXIT.finished;
});
