import { readdirSync, readFileSync } from "node:fs";
import { CODES } from "../../src/errors.ts";

const folder = new URL("../../docs/errors/", import.meta.url);

describe("docs/errors", () => {
  it("has one page for every code an error can carry, and no other", () => {
    const pages = readdirSync(folder).map((name) => name.replace(/\.md$/, ""));
    expect(pages.sort()).toEqual([...CODES].sort());
  });

  it.each(CODES)("says of %s what it means and what to do", (code) => {
    const page = readFileSync(new URL(`${code}.md`, folder), "utf8");
    expect(page).toMatch(new RegExp(`^# ${code}\n\n\\S[^]+\n## What to do\n\n\\S`));
  });
});
