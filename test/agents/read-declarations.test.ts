import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAgentDeclarations } from "../../src/agents/index.ts";
import { TuttiError } from "../../src/errors.ts";

const folder = await mkdtemp(join(tmpdir(), "tutti-declarations-"));
afterAll(() => rm(folder, { recursive: true }));

const GOOD = `# A translator
name: translator
role: Translator
goal: Say the same in another language
backstory: >
  Grew up with
  three languages.
tools: [search_documents]
model: openai:gpt-5-mini
produces: narrative
`;

const write = async (name: string, text: string): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
};

const mistakes = async (text: string, options = {}): Promise<string> => {
  const file = await write("agent.yaml", text);
  const error: unknown = await readAgentDeclarations(file, options).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TuttiError);
  expect(error).toMatchObject({ code: "CONFIG_INVALID", hint: expect.any(String) as string });
  return (error as TuttiError).message.replaceAll(`${folder}/`, "");
};

describe("a user adds a specialist by adding a YAML file", () => {
  it("which is read with its defaults", async () => {
    const [agent] = await readAgentDeclarations(await write("good.yaml", GOOD));
    expect(agent).toEqual({
      name: "translator",
      role: "Translator",
      goal: "Say the same in another language",
      backstory: "Grew up with three languages.",
      tools: ["search_documents"],
      model: "openai:gpt-5-mini",
      produces: "narrative",
      max_iterations: 25,
    });
  });

  it("from a folder, in the order of the file names", async () => {
    const inner = await mkdtemp(join(folder, "agents-"));
    await writeFile(join(inner, "b.yml"), GOOD);
    await writeFile(join(inner, "a.yaml"), GOOD.replace("name: translator", "name: editor"));
    await writeFile(join(inner, "README.md"), "no agent");
    expect((await readAgentDeclarations(inner)).map(({ name }) => name)).toEqual([
      "editor",
      "translator",
    ]);
  });

  it("with tools that the configuration adds", async () => {
    const file = await write("own.yaml", GOOD.replace("[search_documents]", "[my_tool]"));
    const [agent] = await readAgentDeclarations(file, { tools: ["my_tool"] });
    expect(agent?.tools).toEqual(["my_tool"]);
  });

  it("the four that come along are valid", async () => {
    const agents = await readAgentDeclarations(join(import.meta.dirname, "../../graphs/agents"));
    expect(agents.map(({ name, produces }) => [name, produces])).toEqual([
      ["analyst", "tables"],
      ["reporter", "files"],
      ["researcher", "passages"],
      ["writer", "narrative"],
    ]);
  });
});

describe("a mistake is reported with file, line and column", () => {
  it.each([
    [
      "an unknown tool",
      GOOD.replace("[search_documents]", "[search_document]"),
      'agent.yaml:8:9: unknown tool "search_document"; did you mean "search_documents"?',
    ],
    [
      "an unknown tool in a block list",
      GOOD.replace("[search_documents]", "\n  - sql\n  - sqll"),
      'agent.yaml:10:5: unknown tool "sqll"; did you mean "sql"?',
    ],
    [
      "a tool like nothing known",
      GOOD.replace("[search_documents]", "[teleport]"),
      'agent.yaml:8:9: unknown tool "teleport"',
    ],
    [
      "an unknown key",
      GOOD.replace("backstory:", "back_story:"),
      'agent.yaml:5:1: unknown key "back_story"; did you mean "backstory"?',
    ],
    ["a missing key", GOOD.replace("role: Translator\n", ""), "agent.yaml:2:1: role: is missing"],
    ["an empty value", GOOD.replace("Translator\n", "\n"), "agent.yaml:3:7: role: is missing"],
    [
      "a wrong type",
      GOOD.replace("role: Translator", "role: 5"),
      "agent.yaml:3:7: role: Invalid input",
    ],
    [
      "an unknown kind",
      GOOD.replace("narrative", "poems"),
      "agent.yaml:10:11: produces: Invalid option",
    ],
    [
      "a bad name",
      GOOD.replace("name: translator", "name: The Translator"),
      "agent.yaml:2:7: name: lower-case",
    ],
    [
      "an impossible bound",
      `${GOOD}max_iterations: 0\n`,
      "agent.yaml:11:17: max_iterations: Too small",
    ],
    [
      "a schema without data",
      `${GOOD}output_schema:\n  type: object\n`,
      "agent.yaml:12:3: output_schema: only an agent",
    ],
    ["broken YAML", GOOD.replace("tools: [search_documents]", "tools: [sql"), "agent.yaml:9:1: "],
    ["the same key twice", `${GOOD}role: Poet\n`, "agent.yaml:11:1: Map keys must be unique"],
    ["a list instead of a map", "- one\n", "agent.yaml:1:1: the file: Invalid input"],
    ["an empty file", "", "agent.yaml:1:1: the file: Invalid input"],
  ])("%s", async (_what, text, expected) => {
    expect(await mistakes(text)).toContain(expected);
  });

  it("all mistakes of a file at once", async () => {
    const text = GOOD.replace("role: Translator\n", "").replace("goal:", "gaol:");
    expect((await mistakes(text)).split("\n")).toHaveLength(3);
  });

  it("two agents of one name, naming both places", async () => {
    const first = await write("one.yaml", GOOD);
    const second = await write("two.yaml", `\n${GOOD}`);
    await expect(readAgentDeclarations([first, second])).rejects.toThrow(
      `${second}:3:7: an agent "translator" is declared already at ${first}:2:7`,
    );
  });

  it("a file that is not there", async () => {
    await expect(readAgentDeclarations(join(folder, "none.yaml"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});
