// Reads agent files. A mistake is reported with the file, line and column it stands at.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { messageOf, TuttiError } from "../errors.ts";
import { TOOL_NAMES } from "../protocol/index.ts";
import { AgentDeclaration } from "./declaration.ts";
import { didYouMean } from "./did-you-mean.ts";

type Path = readonly PropertyKey[];

interface AgentFile {
  file: string;
  document: Document;
  lines: LineCounter;
}

/** `file:line:column`, both from 1. */
const placeOf = ({ file, lines }: AgentFile, offset: number): string => {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
};

/** Where the value at `path` begins; for a missing one, where its parent begins. */
const valueOffset = ({ document }: AgentFile, path: Path): number => {
  const node: unknown = document.getIn(path, true);
  const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
  if (range) return range[0];
  return path.length === 0 ? 0 : valueOffset({ document } as AgentFile, path.slice(0, -1));
};

/** Where the key `key` of the map at `path` begins. */
const keyOffset = (agentFile: AgentFile, path: Path, key: string): number => {
  const { document } = agentFile;
  const map: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map)
    ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined;
  return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : valueOffset(agentFile, path);
};

const KEYS = Object.keys(AgentDeclaration.shape);

/** One line for each mistake that zod found. */
const problemsOf = (agentFile: AgentFile, issue: z.core.$ZodIssue): string[] => {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const place = placeOf(agentFile, keyOffset(agentFile, issue.path, key));
      return `${place}: unknown key "${key}"${didYouMean(key, KEYS)}`;
    });
  const name = issue.path.map(String).join(".");
  const missing = issue.path.length > 0 && (agentFile.document.getIn(issue.path) ?? null) === null;
  const what = missing ? "is missing" : issue.message;
  return [
    `${placeOf(agentFile, valueOffset(agentFile, issue.path))}: ${name === "" ? "the file" : name}: ${what}`,
  ];
};

const invalid = (problems: readonly string[]): TuttiError =>
  new TuttiError("CONFIG_INVALID", problems.join("\n"), {
    hint: "An agent file has name, role, goal, backstory, tools, model and produces; see graphs/agents for examples.",
    data: { problems: [...problems] },
  });

const parseFile = (file: string, text: string): AgentFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const agentFile = { file, document, lines };
  const [first] = document.errors;
  if (first !== undefined) throw invalid([`${placeOf(agentFile, first.pos[0])}: ${first.message}`]);
  return agentFile;
};

const valueOf = (agentFile: AgentFile): unknown => {
  try {
    return agentFile.document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof ReferenceError) throw invalid([`${agentFile.file}:1:1: ${error.message}`]);
    throw error;
  }
};

const checkTools = (
  agentFile: AgentFile,
  declaration: AgentDeclaration,
  known: readonly string[],
): void => {
  const problems = declaration.tools.flatMap((name, at) =>
    known.includes(name)
      ? []
      : [
          `${placeOf(agentFile, valueOffset(agentFile, ["tools", at]))}: unknown tool "${name}"${didYouMean(name, known)}`,
        ],
  );
  if (problems.length > 0) throw invalid(problems);
};

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `${file} cannot be read: ${messageOf(error)}`, {
      hint: "Check the path of the agent files.",
      cause: error,
    });
  }
};

const readOne = async (file: string, known: readonly string[]) => {
  const agentFile = parseFile(file, await readText(file));
  const parsed = AgentDeclaration.safeParse(valueOf(agentFile));
  if (!parsed.success)
    throw invalid(parsed.error.issues.flatMap((issue) => problemsOf(agentFile, issue)));
  checkTools(agentFile, parsed.data, known);
  const place = placeOf(agentFile, valueOffset(agentFile, ["name"]));
  return { declaration: parsed.data, place };
};

/** The agent files of a folder, by name. */
const listFiles = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new TuttiError("CONFIG_INVALID", `${folder} cannot be read: ${messageOf(error)}`, {
      hint: "Check the path of the agent files.",
      cause: error,
    });
  });
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
};

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

export interface ReadDeclarationsOptions {
  /** Tools that a file may name; by default the built-in ones. */
  readonly tools?: readonly string[];
}

/**
 * One agent per file, from a folder (its .yaml and .yml files) or from a list of files and folders.
 * Throws CONFIG_INVALID with `file:line:column` of each mistake of the first file that has one.
 */
export const readAgentDeclarations = async (
  from: string | readonly string[],
  { tools = TOOL_NAMES }: ReadDeclarationsOptions = {},
): Promise<AgentDeclaration[]> => {
  const paths = typeof from === "string" ? [from] : from;
  const places = new Map<string, string>();
  const declarations: AgentDeclaration[] = [];
  for (const path of paths) {
    for (const file of (await isFolder(path)) ? await listFiles(path) : [path]) {
      const { declaration, place } = await readOne(file, tools);
      const first = places.get(declaration.name);
      if (first !== undefined)
        throw invalid([`${place}: an agent "${declaration.name}" is declared already at ${first}`]);
      places.set(declaration.name, place);
      declarations.push(declaration);
    }
  }
  return declarations;
};
