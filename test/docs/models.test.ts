import { readFileSync } from "node:fs";
import { TuttiError } from "../../src/errors.ts";
import { createModelRegistry } from "../../src/models/index.ts";

const page = readFileSync(new URL("../../docs/models.md", import.meta.url), "utf8");

const refusal = async (name: string): Promise<TuttiError> => {
  const error: unknown = await createModelRegistry()
    .resolve(name)
    .catch((thrown: unknown) => thrown);
  if (error instanceof TuttiError) return error;
  throw new Error(`${name} was not refused`);
};

describe("docs/models.md", () => {
  it("lists every provider", async () => {
    const { data } = await refusal("nobody:x");
    const providers = data["providers"] as string[];
    expect(providers.length).toBeGreaterThan(10);
    for (const name of providers) expect(page).toContain(`\`${name}\``);
  });

  it("names the key of each that needs no further package", async () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| `(\w+)`/gm)];
    expect(rows.map(([, name]) => name)).toEqual(["openai", "fireworks", "novita", "together"]);
    for (const [, name, variable] of rows)
      expect(await refusal(`${name}:x`)).toMatchObject({ code: "MODEL_AUTH", data: { variable } });
  });
});
