import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateExamples } from "../../examples/generate.ts";

const committed = join(import.meta.dirname, "../../examples");
let folder = "";
let written: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutti-examples-test-"));
  written = await generateExamples(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

test("generating the examples again gives the committed files to the byte", async () => {
  const differing: string[] = [];
  for (const path of written) {
    const same = (await sha256(join(folder, path))) === (await sha256(join(committed, path)));
    if (!same) differing.push(path);
  }
  expect(differing).toEqual([]);
});

test("every data file and document in examples comes from the generator", async () => {
  const entries = await readdir(committed, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !/\.(ts|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(committed.length + 1))
    .filter((path) => !path.includes("report/"));
  expect(paths.sort()).toEqual(written.filter((path) => !path.endsWith(".md")).sort());
});

test("the committed examples stay under six megabytes", async () => {
  let bytes = 0;
  for (const path of written) bytes += (await stat(join(committed, path))).size;
  expect(bytes).toBeLessThan(6_000_000);
});
