import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCache } from "../../src/artifacts/file-cache.ts";

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const HOUR = 3_600_000;

let folder: string;
let now: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutti-cache-"));
  now = Date.parse("2026-11-22T12:00:00Z");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clock = { now: () => now };
const open = (maxBytes: number) => createFileCache({ folder, maxBytes, clock });
const content = (fill: number) => new Uint8Array(100).fill(fill);
const names = [1, 2, 3, 4].map((fill) => hashOf(content(fill)));
const kept = async (): Promise<number[]> =>
  (await readdir(folder))
    .map((name) => names.indexOf(name) + 1)
    .filter((n) => n > 0)
    .sort();

const counting = (fill: number) => {
  const fetched = { times: 0 };
  async function* fetch(): AsyncGenerator<Uint8Array> {
    fetched.times += 1;
    yield content(fill).subarray(0, 30);
    await Promise.resolve();
    yield content(fill).subarray(30);
  }
  return { fetched, fetch };
};

describe("a cache of files", () => {
  it("fetches a content once, also for many who ask at the same time", async () => {
    const cache = open(1000);
    const { fetched, fetch } = counting(1);
    const sha256 = names[0] ?? "";
    const paths = await Promise.all([1, 2, 3, 4].map(() => cache.path(sha256, fetch)));
    expect(new Set(paths)).toEqual(new Set([join(folder, sha256)]));
    await open(1000).path(sha256, fetch); // another process, the same folder
    expect(fetched.times).toBe(1);
  });

  it("keeps what was used last when room is short, and fetches again what it let go", async () => {
    const cache = open(250);
    const sources = [1, 2, 3].map(counting);
    const use = async (fill: number): Promise<void> => {
      now += 2 * HOUR;
      await cache.path(names[fill - 1] ?? "", sources[fill - 1]?.fetch ?? counting(0).fetch);
    };
    await use(1);
    await use(2);
    await use(1);
    await use(3);
    expect(await kept()).toEqual([1, 3]);
    await use(2);
    expect(await kept()).toEqual([2, 3]);
    expect(sources.map(({ fetched }) => fetched.times)).toEqual([1, 2, 1]);
  });

  it("never removes a file that was handed out lately, whatever the room", async () => {
    const cache = open(150);
    for (const fill of [1, 2, 3]) await cache.path(names[fill - 1] ?? "", counting(fill).fetch);
    expect(await kept()).toEqual([1, 2, 3]);
    now += HOUR - 1;
    await cache.path(names[0] ?? "", counting(1).fetch);
    await cache.path(names[3] ?? "", counting(4).fetch);
    expect(await kept()).toEqual([1, 2, 3, 4]);
    now += 1;
    await rm(join(folder, names[3] ?? ""), { force: true });
    await cache.path(names[3] ?? "", counting(4).fetch);
    expect(await kept()).toEqual([1, 4]);
  });

  it("finds a damaged file out and fetches it again", async () => {
    const cache = open(1000);
    const { fetched, fetch } = counting(1);
    const path = await cache.path(names[0] ?? "", fetch);
    await chmod(path, 0o644);
    await writeFile(path, "something else");
    expect(hashOf(await readFile(await cache.path(names[0] ?? "", fetch)))).toBe(names[0]);
    expect(fetched.times).toBe(2);
  });

  it("keeps nothing of what is wrong or breaks off, and works the next time", async () => {
    const cache = open(1000);
    await expect(cache.path(names[0] ?? "", counting(2).fetch)).rejects.toMatchObject({
      code: "ARTIFACT_MISSING",
      message: /damaged/,
    });
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield content(1).subarray(0, 30);
      await Promise.reject(new Error("cut"));
    }
    await expect(cache.path(names[0] ?? "", breaking)).rejects.toThrow(/cut/);
    expect(await kept()).toEqual([]);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    await cache.path(names[0] ?? "", counting(1).fetch);
    expect(await kept()).toEqual([1]);
  });

  it("says which folder cannot be used", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const cache = createFileCache({ folder: file });
    await expect(cache.path(names[0] ?? "", counting(1).fetch)).rejects.toMatchObject({
      code: "DATABASE",
      message: expect.stringContaining(file),
    });
  });
});
