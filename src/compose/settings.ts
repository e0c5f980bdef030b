// Every setting, read from the environment in one place. docs/settings.md lists them; a test compares.
import { join, resolve } from "node:path";
import { z } from "zod";
import type { EncryptionKeys } from "../../checkpoints/index.ts";
import { TuttiError } from "../errors.ts";
import { projectFolder } from "./project.ts";

/** Names of the variables that are read, and what each is for. */
export const VARIABLES = {
  TUTTI_DATA: "folder for threads, checkpoints and files (.tutti)",
  TUTTI_MODEL: "model of every agent that names none, as provider:model (offline)",
  TUTTI_PLANNER_MODEL: "model of the planner (TUTTI_MODEL)",
  TUTTI_EUR_PER_USD: "rate by which prices in dollars become euro (1.0, a conservative one)",
  TUTTI_MODEL_TIMEOUT: "seconds a model may be silent (300)",
  OPENAI_API_KEY: "key for openai: models",
  OPENAI_BASE_URL: "address of an OpenAI-compatible server: vLLM, Ollama, llama.cpp",
  TUTTI_ENCRYPTION_KEYS:
    "keys for checkpoints and memory at rest, as id:base64 of 32 bytes; the first seals, the others only open",
  TUTTI_HTTP_ALLOW:
    "what requests to other machines may reach, separated by commas: public, *.example.com, 10.0.0.0/8 (public)",
  TUTTI_POLICIES: "folder of the policies, *.cedar (policies/ of the project)",
  SEARXNG_URL: "address of a SearXNG instance: gives researchers the web",
} as const;

const Environment = z.object({
  TUTTI_DATA: z.string().min(1).default(".tutti"),
  TUTTI_MODEL: z.string().min(1).default("offline"),
  TUTTI_PLANNER_MODEL: z.string().min(1).optional(),
  TUTTI_EUR_PER_USD: z.coerce.number().positive().default(1),
  TUTTI_MODEL_TIMEOUT: z.coerce.number().positive().default(300),
  TUTTI_ENCRYPTION_KEYS: z
    .string()
    .regex(
      /^[\w-]+:[A-Za-z0-9+/]{43}=(?:,[\w-]+:[A-Za-z0-9+/]{43}=)*$/,
      "id:base64 of 32 bytes, several separated by commas",
    )
    .optional(),
  TUTTI_HTTP_ALLOW: z.string().default("public"),
  TUTTI_POLICIES: z.string().min(1).optional(),
  SEARXNG_URL: z.url({ protocol: /^https?$/ }).optional(),
});

export interface Settings {
  /** Absolute path. */
  readonly data: string;
  readonly model: string;
  readonly plannerModel: string;
  readonly eurPerUsd: number;
  readonly modelTimeoutMs: number;
  /** Entries of the list of addresses that may be reached. */
  readonly httpAllow: readonly string[];
  /** Absolute path of the folder of policies. */
  readonly policies: string;
  readonly searxngUrl: string | undefined;
  readonly encryption: EncryptionKeys | undefined;
  /** The whole environment, for the keys of model providers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const keysOf = (text: string | undefined): EncryptionKeys | undefined => {
  if (text === undefined) return undefined;
  const pairs = text.split(",").map((pair): [string, Uint8Array] => {
    const at = pair.indexOf(":");
    return [pair.slice(0, at), Buffer.from(pair.slice(at + 1), "base64")];
  });
  return { current: pairs[0]?.[0] ?? "", keys: Object.fromEntries(pairs) };
};

export type Variables = Readonly<Record<string, string | undefined>>;

/** An empty variable is an absent one. */
const filled = (env: Variables): Variables =>
  Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );

/** Throws CONFIG_INVALID that names the variable. */
export const parseVariables = <Parsed>(schema: z.ZodType<Parsed>, env: Variables): Parsed => {
  const parsed = schema.safeParse(filled(env));
  if (parsed.success) return parsed.data;
  throw new TuttiError("CONFIG_INVALID", z.prettifyError(parsed.error), {
    hint: "docs/settings.md says what each variable takes",
  });
};

/** Throws CONFIG_INVALID that names the variable. */
export const readSettings = (env: Variables): Settings => {
  const given = filled(env);
  const data = parseVariables(Environment, given);
  return {
    data: resolve(data.TUTTI_DATA),
    model: data.TUTTI_MODEL,
    plannerModel: data.TUTTI_PLANNER_MODEL ?? data.TUTTI_MODEL,
    eurPerUsd: data.TUTTI_EUR_PER_USD,
    modelTimeoutMs: data.TUTTI_MODEL_TIMEOUT * 1000,
    httpAllow: data.TUTTI_HTTP_ALLOW.split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
    policies: resolve(data.TUTTI_POLICIES ?? join(projectFolder, "policies")),
    searxngUrl: data.SEARXNG_URL,
    encryption: keysOf(data.TUTTI_ENCRYPTION_KEYS),
    environment: given,
  };
};
