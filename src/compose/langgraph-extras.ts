// What a project's langgraph.json says beside its graphs: environment, access, routes of its own, and what
// LangGraph's SDK expects of the process it is loaded in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import { messageOf, TuttiError } from "../errors.ts";
import type { Logger } from "../observability/index.ts";
import type { GraphDefaults } from "../runs/index.ts";
import type { CorsOptions, RouteGroup } from "../server/index.ts";
import type { ThreadTtl } from "../storage/index.ts";
import type { GraphModules } from "./graph-modules.ts";

const GROUPS: readonly RouteGroup[] = ["assistants", "threads", "runs", "store", "meta"];

const Cors = z
  .object({
    allow_origins: z.array(z.string()).optional(),
    allow_origin_regex: z.string().optional(),
    allow_methods: z.array(z.string()).optional(),
    allow_headers: z.array(z.string()).optional(),
    allow_credentials: z.boolean().optional(),
    expose_headers: z.array(z.string()).optional(),
    max_age: z.number().optional(),
  })
  .transform((cors): CorsOptions => ({
    allowOrigins: cors.allow_origins,
    allowOriginRegex: cors.allow_origin_regex,
    allowMethods: cors.allow_methods,
    allowHeaders: cors.allow_headers,
    allowCredentials: cors.allow_credentials,
    exposeHeaders: cors.expose_headers,
    maxAge: cors.max_age,
  }));

/** Minutes, as langgraph.json has them. */
const StoreField = z.looseObject({
  ttl: z
    .looseObject({
      default_ttl: z.number().positive().optional(),
      refresh_on_read: z.boolean().optional(),
    })
    .optional(),
  index: z
    .looseObject({
      embed: z.string(),
      dims: z.int().positive(),
      fields: z.array(z.string()).optional(),
    })
    .optional(),
});
export type StoreField = z.infer<typeof StoreField>;

const CheckpointerField = z.looseObject({
  ttl: z
    .looseObject({
      strategy: z.enum(["delete", "keep_latest"]).default("delete"),
      /** Minutes. */
      default_ttl: z.number().positive().optional(),
      sweep_interval_minutes: z.number().positive().optional(),
    })
    .optional(),
});

const Extras = z.looseObject({
  checkpointer: CheckpointerField.optional(),
  store: StoreField.optional(),
  env: z.union([z.string(), z.record(z.string(), z.coerce.string())]).optional(),
  auth: z.looseObject({ path: z.string() }).optional(),
  ui: z.record(z.string(), z.string()).optional(),
  ui_config: z.looseObject({ shared: z.array(z.string()).optional() }).optional(),
  http: z
    .looseObject({
      app: z.string().optional(),
      cors: Cors.optional(),
      ...Object.fromEntries(GROUPS.map((group) => [`disable_${group}`, z.boolean().optional()])),
    })
    .optional(),
});
type Extras = z.infer<typeof Extras>;

/** Throws CONFIG_INVALID. */
export const readExtras = ({ config }: GraphModules): Extras => {
  const parsed = Extras.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new TuttiError("CONFIG_INVALID", `langgraph.json: ${z.prettifyError(parsed.error)}`);
};

/** Variables of the project, where the environment does not set them: before its graphs are loaded. */
export const applyEnvironment = ({ env }: Extras, { folder }: GraphModules): void => {
  if (env === undefined) return;
  let given: Readonly<Record<string, string | undefined>>;
  try {
    given = typeof env === "string" ? parseEnv(readFileSync(join(folder, env), "utf8")) : env;
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", `langgraph.json: env: ${messageOf(error)}`, {
      cause: error,
    });
  }
  for (const [name, value] of Object.entries(given)) process.env[name] ??= value;
};

const JsonFields = z.record(z.string(), z.json());
const Defaults = z.record(z.string(), JsonFields.and(z.object({ context: JsonFields.optional() })));

/**
 * What LANGGRAPH_CONFIG sets for the assistants of the graphs: JSON, `{"graph": {"context": {…}, …}}`, where
 * the rest of an entry is the assistant's config. Throws CONFIG_INVALID.
 */
export const graphDefaults = (
  environment: Readonly<Record<string, string | undefined>>,
): GraphDefaults => {
  const text = environment["LANGGRAPH_CONFIG"] ?? "";
  if (text === "") return {};
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    const why = `LANGGRAPH_CONFIG is not JSON: ${messageOf(error)}`;
    throw new TuttiError("CONFIG_INVALID", why, { cause: error });
  }
  const parsed = Defaults.safeParse(given);
  if (!parsed.success)
    throw new TuttiError("CONFIG_INVALID", `LANGGRAPH_CONFIG: ${z.prettifyError(parsed.error)}`);
  return Object.fromEntries(
    Object.entries(parsed.data).map(([graph, { context = {}, ...config }]) => [
      graph,
      { config, context },
    ]),
  );
};

/** What `./file.ts:name` exports. Throws CONFIG_INVALID. */
export const loadExport = async (
  { importModule }: GraphModules,
  where: string,
): Promise<unknown> => {
  const at = where.lastIndexOf(":");
  const [path, name] = [where.slice(0, at), where.slice(at + 1)];
  const module = await importModule(path).catch((error: unknown) => {
    throw new TuttiError(
      "CONFIG_INVALID",
      `langgraph.json: ${path} cannot be loaded: ${messageOf(error)}`,
      { cause: error },
    );
  });
  if (module[name] === undefined)
    throw new TuttiError("CONFIG_INVALID", `langgraph.json: ${path} exports no "${name}"`);
  return module[name];
};

/** What becomes of threads that nobody says anything else about. */
export const threadTtlOf = ({ checkpointer }: Extras): ThreadTtl | undefined => {
  const { default_ttl: minutes, strategy = "delete" } = checkpointer?.ttl ?? {};
  return minutes === undefined ? undefined : { strategy, minutes };
};

export const disabledGroups = ({ http }: Extras): ReadonlySet<RouteGroup> =>
  new Set(GROUPS.filter((group) => http?.[`disable_${group}`] === true));

const LOGGER = Symbol.for("langgraph.api.sdk-logger");
const FETCH = Symbol.for("langgraph_api:fetch");

/** The SDK's logger throws without one of the host's: set it before graphs are loaded. */
export const offerLogger = (logger: Logger): void => {
  Object.assign(globalThis, {
    [LOGGER]: {
      error: (message: string, fields?: object) => logger.error(fields ?? {}, message),
      warn: (message: string, fields?: object) => logger.warn(fields ?? {}, message),
      info: (message: string, fields?: object) => logger.info(fields ?? {}, message),
      debug: (message: string, fields?: object) => logger.debug(fields ?? {}, message),
    },
  });
};

/** Clients that graphs make without an address ask this process. */
export const offerFetch = (answer: (request: Request) => Promise<Response>): void => {
  Object.assign(globalThis, {
    [FETCH]: (url: string | URL, init?: RequestInit) => answer(new Request(url, init)),
  });
};
