import { readFileSync } from "node:fs";
import { readSettings, VARIABLES } from "../../src/compose/settings.ts";

describe("settings", () => {
  it("are all listed in docs/settings.md", () => {
    const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8");
    for (const name of Object.keys(VARIABLES)) expect(page).toContain(`\`${name}\``);
  });

  it("have a default each, so that nothing has to be set", () => {
    expect(readSettings({})).toMatchObject({ model: "offline", plannerModel: "offline" });
  });

  it("that are wrong are named", () => {
    expect(() => readSettings({ TUTTI_EUR_PER_USD: "cheap" })).toThrow(/TUTTI_EUR_PER_USD/);
    expect(() => readSettings({ SEARXNG_URL: "not a url" })).toThrow(/SEARXNG_URL/);
  });

  it("that are empty count as absent", () => {
    expect(readSettings({ TUTTI_MODEL: "" }).model).toBe("offline");
  });
});
