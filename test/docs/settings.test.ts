import { readFileSync } from "node:fs";
import { readServerSettings, SERVER_VARIABLES } from "../../src/compose/server-settings.ts";
import { readSettings, VARIABLES } from "../../src/compose/settings.ts";

describe("settings", () => {
  it("are all listed in docs/settings.md", () => {
    const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8");
    for (const name of Object.keys({ ...VARIABLES, ...SERVER_VARIABLES }))
      expect(page).toContain(`\`${name}\``);
  });

  it("have a default each, so that nothing has to be set", () => {
    expect(readSettings({})).toMatchObject({ model: "offline", plannerModel: "offline" });
  });

  it("that are wrong are named", () => {
    expect(() => readSettings({ TUTTI_EUR_PER_USD: "cheap" })).toThrow(/TUTTI_EUR_PER_USD/);
    expect(() => readSettings({ SEARXNG_URL: "not a url" })).toThrow(/SEARXNG_URL/);
  });

  it("that belong together are asked for together", () => {
    expect(() => readServerSettings({ TUTTI_JWT_ISSUER: "https://id.example.com" })).toThrow(
      /TUTTI_JWT_AUDIENCE must be set too/,
    );
    expect(() => readServerSettings({ TUTTI_S3_URL: "https://s3.example.com/bucket" })).toThrow(
      /TUTTI_S3_KEY_ID, TUTTI_S3_SECRET must be set too/,
    );
    expect(readServerSettings({}).databaseUrl).toBeUndefined();
  });

  it("that are empty count as absent", () => {
    expect(readSettings({ TUTTI_MODEL: "" }).model).toBe("offline");
  });
});
