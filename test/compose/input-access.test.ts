// What clients of a server learn of its disk by naming paths.
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inputAccess } from "../../src/compose/input-access.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "tutti-inputs-")));
const outside = realpathSync(mkdtempSync(join(tmpdir(), "tutti-outside-")));
writeFileSync(join(folder, "in.csv"), "a");
writeFileSync(join(outside, "out.csv"), "a");
symlinkSync(join(outside, "out.csv"), join(folder, "link.csv"));
afterAll(() => {
  for (const each of [folder, outside]) rmSync(each, { recursive: true, force: true });
});

const access = inputAccess([folder], { find: () => Promise.resolve(undefined) });

it("files of a named folder are read, and a missing one is said to be missing", async () => {
  expect(await access.path(join(folder, "in.csv"))).toBe(join(folder, "in.csv"));
  await expect(access.path(join(folder, "no.csv"))).rejects.toThrow(/there is no file/);
});

it.each([
  ["one that is there", join(outside, "out.csv")],
  ["one that is not", join(outside, "no.csv")],
  ["by a detour", join(folder, "../no/where.csv")],
  ["by a link", join(folder, "link.csv")],
])("elsewhere every path is refused alike: %s", async (_name, path) => {
  await expect(access.path(path)).rejects.toMatchObject({ code: "FORBIDDEN" });
});
