import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLocalArtifactStore } from "../../src/artifacts/index.ts";
import { artifactStoreContract } from "../contracts/artifact-store.ts";

const run = promisify(execFile);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const report = { name: "report.txt", mime: "text/plain" };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutti-artifacts-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Puts from another process, under an optional `ulimit -f` in blocks of 512 or 1024 bytes. */
const putElsewhere = (bytes: number, times: number, fileLimit?: number) => {
  const module = new URL("../../src/artifacts/index.ts", import.meta.url).href;
  const script = `
    import { createLocalArtifactStore } from ${JSON.stringify(module)};
    const store = createLocalArtifactStore({ folder: ${JSON.stringify(folder)} });
    const content = new Uint8Array(${bytes}).fill(7);
    try {
      await Promise.all(Array.from({ length: ${times} }, () => store.put(content, { name: "a.bin", mime: "application/octet-stream" })));
      console.log("stored");
    } catch (error) { console.log(JSON.stringify({ code: error.code, hint: error.hint, retryable: error.retryable })); }`;
  const limit = fileLimit === undefined ? "" : `ulimit -f ${fileLimit}; `;
  return run("sh", [
    "-c",
    `${limit}exec "$0" --input-type=module -e "$1"`,
    process.execPath,
    script,
  ]);
};

describe("the store in a folder", () => {
  artifactStoreContract(async () => {
    const own = await mkdtemp(join(tmpdir(), "tutti-artifacts-"));
    const open = () => createLocalArtifactStore({ folder: own, maxBytes: 300_000 });
    const store = open();
    return {
      store,
      elsewhere: open(),
      damage: async (hash, bytes) => {
        const path = join(own, hash.slice(0, 2), hash);
        await chmod(path, 0o644);
        await writeFile(path, bytes);
      },
      close: () => rm(own, { recursive: true, force: true }),
    };
  });
});

describe("storing in a folder", () => {
  it("keeps one read-only file for one content, whatever its name", async () => {
    const store = createLocalArtifactStore({ folder });
    const first = await store.put(text("figures"), report);
    const second = await store.put(text("figures"), { name: "copy.csv", mime: "text/csv" });
    expect(second).toMatchObject({ sha256: first.sha256, name: "copy.csv" });
    const path = await store.path(first.sha256);
    expect(path).toBe(join(folder, first.sha256.slice(0, 2), first.sha256));
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await readdir(join(folder, first.sha256.slice(0, 2)))).toEqual([first.sha256]);
  });

  it("takes concurrent puts of one content, also from other processes", async () => {
    const store = createLocalArtifactStore({ folder });
    const bytes = new Uint8Array(300_000).fill(7);
    const others = [putElsewhere(300_000, 10), putElsewhere(300_000, 10)];
    const own = Array.from({ length: 20 }, () => store.put(bytes, report));
    const refs = await Promise.all(own);
    for (const { stdout } of await Promise.all(others)) expect(stdout.trim()).toBe("stored");
    expect(new Set(refs.map((ref) => ref.sha256))).toEqual(new Set([sha256(bytes)]));
    expect(sha256(await store.get(sha256(bytes)))).toBe(sha256(bytes));
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });
});

describe("faults of the disk", () => {
  it("sweeps what a killed process left half written, once it is older than a day", async () => {
    const incoming = join(folder, "incoming");
    await mkdir(incoming);
    await writeFile(join(incoming, "old"), "half");
    await writeFile(join(incoming, "young"), "half");
    const now = Date.parse("2026-11-22T12:00:00Z");
    await utimes(join(incoming, "old"), now / 1000, (now - 25 * 3_600_000) / 1000);
    await utimes(join(incoming, "young"), now / 1000, (now - 23 * 3_600_000) / 1000);
    const store = createLocalArtifactStore({ folder, clock: { now: () => now } });
    await store.put(text("x"), report);
    expect(await readdir(incoming)).toEqual(["young"]);
  });

  it("says that a write failed, leaves nothing behind, and stores the file when there is room", async () => {
    const { stdout } = await putElsewhere(4_000_000, 1, 64);
    expect(JSON.parse(stdout)).toEqual({
      code: "DATABASE",
      hint: expect.stringContaining("then resume"),
      retryable: true,
    });
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    const store = createLocalArtifactStore({ folder });
    const bytes = new Uint8Array(4_000_000).fill(7);
    expect(await store.has(sha256(bytes))).toBe(false);
    await store.put(bytes, report);
    expect(await store.has(sha256(bytes))).toBe(true);
  });

  it("says which folder cannot be used", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const store = createLocalArtifactStore({ folder: file });
    await expect(store.put(text("x"), report)).rejects.toMatchObject({
      code: "DATABASE",
      message: expect.stringContaining(file),
      hint: expect.stringContaining("--data"),
    });
  });
});
