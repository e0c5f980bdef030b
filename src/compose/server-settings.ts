// Settings of the server and its workers, beside those of ./settings.ts.
import { resolve } from "node:path";
import { z } from "zod";
import { TuttiError } from "../errors.ts";
import { parseVariables, type Variables } from "./settings.ts";

/** Names of the variables that are read, and what each is for. */
export const SERVER_VARIABLES = {
  DATABASE_URL:
    "PostgreSQL for `serve`, `worker` and `keys`: many processes and machines; else the data folder",
  TUTTI_API_KEY: "key that commands give to a server",
  TUTTI_HOSTS: "names under which the server may be addressed, separated by commas",
  TUTTI_CORS_ORIGINS: "web pages that may call the server, separated by commas; * for any",
  TUTTI_INPUT_FOLDERS: "folders whose files clients of the server may name by path",
  TUTTI_JWT_ISSUER: "issuer of tokens (OIDC) that the server takes",
  TUTTI_JWT_AUDIENCE: "audience those tokens must name",
  TUTTI_JWKS_URL: "the issuer's keys (from its discovery document)",
  TUTTI_WEBHOOK_SECRET:
    "secret that signs webhooks; several, separated by spaces, while it changes",
  TUTTI_S3_URL: "S3-compatible storage for files of several machines, as https://host/bucket",
  TUTTI_S3_REGION: "its region (us-east-1)",
  TUTTI_S3_KEY_ID: "its access key id",
  TUTTI_S3_SECRET: "its secret key",
  TUTTI_LOG_LEVEL: "debug, info, warn, error or silent (info)",
  TUTTI_POOLER:
    "1: DATABASE_URL is a transaction pooler, so that workers ask instead of being told",
  TUTTI_RUNS_PER_TENANT: "runs of one tenant that are worked on at the same time (no limit)",
  TUTTI_RUNS_PER_ASSISTANT: "runs of one tenant's assistant at the same time (no limit)",
  TUTTI_RATE_LIMIT:
    "requests a second that one key or address may make, and how many at once: 20/100 (none)",
  LANGGRAPH_CONFIG: "config and context of the graphs' assistants, as JSON by graph id",
  TUTTI_RUN_MINUTES: "longest time one run may take at a stretch (none)",
} as const;

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);

const Environment = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, "postgres://user:password@host/database")
    .optional(),
  TUTTI_HOSTS: list.default([]),
  TUTTI_CORS_ORIGINS: list.optional(),
  TUTTI_INPUT_FOLDERS: list.default([]),
  TUTTI_JWT_ISSUER: z.url().optional(),
  TUTTI_JWT_AUDIENCE: z.string().optional(),
  TUTTI_JWKS_URL: z.url().optional(),
  TUTTI_WEBHOOK_SECRET: z.string().min(16).optional(),
  TUTTI_S3_URL: z.url().optional(),
  TUTTI_S3_REGION: z.string().default("us-east-1"),
  TUTTI_S3_KEY_ID: z.string().optional(),
  TUTTI_S3_SECRET: z.string().optional(),
  TUTTI_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  TUTTI_POOLER: z.enum(["0", "1"]).default("0"),
  TUTTI_RUNS_PER_TENANT: z.coerce.number().int().positive().optional(),
  TUTTI_RUNS_PER_ASSISTANT: z.coerce.number().int().positive().optional(),
  TUTTI_RATE_LIMIT: z
    .string()
    .regex(/^\d{1,6}\/\d{1,6}$/, "requests a second / at once, for example 20/100")
    .optional(),
  TUTTI_RUN_MINUTES: z.coerce.number().positive().optional(),
});

/** What `serve`, `worker` and `keys` need beyond that. */
export interface ServerSettings {
  readonly databaseUrl: string | undefined;
  readonly isPooled: boolean;
  readonly hosts: readonly string[];
  /** Undefined: the defaults of an open server on loopback. */
  readonly corsOrigins: readonly string[] | undefined;
  /** Absolute. */
  readonly inputFolders: readonly string[];
  readonly jwt:
    | { readonly issuer: string; readonly audience: string; readonly jwksUrl: string | undefined }
    | undefined;
  readonly webhookSecrets: readonly string[];
  readonly s3:
    | {
        readonly url: string;
        readonly region: string;
        readonly keyId: string;
        readonly secret: string;
      }
    | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  readonly runTimeoutMs: number | undefined;
  /** Runs worked on at the same time. */
  readonly limits: {
    readonly perTenant: number | undefined;
    readonly perAssistant: number | undefined;
  };
  /** Per key or address. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | undefined;
}

type Parsed = z.infer<typeof Environment>;

/** Settings of which one makes no sense without the others. */
const together = <Name extends keyof Parsed>(
  data: Parsed,
  names: readonly Name[],
): { readonly [Key in Name]: NonNullable<Parsed[Key]> } | undefined => {
  const missing = names.filter((name) => data[name] === undefined);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0)
    throw new TuttiError("CONFIG_INVALID", `${missing.join(", ")} must be set too`, {
      hint: `${names.join(", ")} belong together`,
    });
  return data as { readonly [Key in Name]: NonNullable<Parsed[Key]> };
};

const jwtOf = (data: Parsed): ServerSettings["jwt"] => {
  const set = together(data, ["TUTTI_JWT_ISSUER", "TUTTI_JWT_AUDIENCE"]);
  return set === undefined
    ? undefined
    : {
        issuer: set.TUTTI_JWT_ISSUER,
        audience: set.TUTTI_JWT_AUDIENCE,
        jwksUrl: data.TUTTI_JWKS_URL,
      };
};

const s3Of = (data: Parsed): ServerSettings["s3"] => {
  const set = together(data, ["TUTTI_S3_URL", "TUTTI_S3_KEY_ID", "TUTTI_S3_SECRET"]);
  return set === undefined
    ? undefined
    : {
        url: set.TUTTI_S3_URL,
        region: data.TUTTI_S3_REGION,
        keyId: set.TUTTI_S3_KEY_ID,
        secret: set.TUTTI_S3_SECRET,
      };
};

const rateLimitOf = ({ TUTTI_RATE_LIMIT: text }: Parsed): ServerSettings["rateLimit"] => {
  const [perSecond = 0, burst = 0] = (text ?? "").split("/").map(Number);
  return text === undefined ? undefined : { perSecond, burst };
};

/** Throws CONFIG_INVALID that names the variable. */
export const readServerSettings = (env: Variables): ServerSettings => {
  const data = parseVariables(Environment, env);
  return {
    databaseUrl: data.DATABASE_URL,
    isPooled: data.TUTTI_POOLER === "1",
    hosts: data.TUTTI_HOSTS,
    corsOrigins: data.TUTTI_CORS_ORIGINS,
    inputFolders: data.TUTTI_INPUT_FOLDERS.map((folder) => resolve(folder)),
    jwt: jwtOf(data),
    webhookSecrets: data.TUTTI_WEBHOOK_SECRET?.split(/\s+/) ?? [],
    s3: s3Of(data),
    logLevel: data.TUTTI_LOG_LEVEL,
    limits: {
      perTenant: data.TUTTI_RUNS_PER_TENANT,
      perAssistant: data.TUTTI_RUNS_PER_ASSISTANT,
    },
    rateLimit: rateLimitOf(data),
    runTimeoutMs:
      data.TUTTI_RUN_MINUTES === undefined ? undefined : data.TUTTI_RUN_MINUTES * 60_000,
  };
};
