import { existsSync, readFileSync } from "node:fs";
import { workshop } from "./tutti.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const shop = workshop();
afterAll(() => shop.remove());

describe("tutti demo without a terminal", () => {
  it("pauses, says that it signs off itself in a new process, and leaves its files", async () => {
    const end = await shop.tutti(["demo"]);
    expect(end).toMatchObject({ code: 0, err: "" });
    expect(end.out).toMatch(
      /Approve the result\?[^]+approves the result itself, as reviewer "demo", in a new process[^]+Finished/,
    );
    for (const name of ["report.xlsx", "report.pdf", "report.html", "manifest.json"])
      expect(existsSync(shop.path("report", name))).toBe(true);
    const manifest = JSON.parse(readFileSync(shop.path("report/manifest.json"), "utf8")) as object;
    expect(manifest).toMatchObject({
      reviews: [{ of: "result", decision: "approve", by: "demo" }],
    });
  });

  it("may be run again, but writes over nothing else", async () => {
    const [again, other] = await Promise.all([
      shop.tutti(["demo", "--json"]),
      shop.tutti(["demo", "--out", "."]),
    ]);
    expect(again.code).toBe(0);
    for (const line of again.out.trimEnd().split("\n")) JSON.parse(line);
    expect(other.code).toBe(2);
    expect(other.err).toContain("OUTPUT_EXISTS");
  });
});
