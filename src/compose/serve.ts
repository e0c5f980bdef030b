// tutti serve and tutti worker: builds the platform from settings, runs it until a signal, and lets what is
// under way come to a safe place.
import { resolve } from "node:path";
import type { Hono } from "hono";
import type { ServeRequest, WorkerRequest } from "../cli/index.ts";
import { TuttiError } from "../errors.ts";
import { createLogger, createMetrics, type Logger, type Metrics } from "../observability/index.ts";
import type { HttpClient } from "../ports/index.ts";
import type { HttpPolicy } from "../outbound/index.ts";
import { cronNext } from "../runs/index.ts";
import {
  accessFor,
  type ApiServer,
  createServer,
  type Listening,
  newApiKey,
} from "../server/index.ts";
import { createEngine, createWork, type Engine } from "./engine.ts";
import { type GraphModules, graphModules } from "./graph-modules.ts";
import { inputAccess } from "./input-access.ts";
import {
  applyEnvironment,
  disabledGroups,
  loadExport,
  offerFetch,
  offerLogger,
  readExtras,
  threadTtlOf,
} from "./langgraph-extras.ts";
import { openHttpClient } from "./open-http-client.ts";
import { version } from "./project.ts";
import { openResources, type Resources } from "./resources.ts";
import { readServerSettings, type ServerSettings } from "./server-settings.ts";
import { composeOver, useServices } from "./services.ts";
import { readSettings, type Settings } from "./settings.ts";
import { storeOptions } from "./store-options.ts";
import { tenantArtifacts } from "./tenant-artifacts.ts";
import { webhookClient } from "./webhook-client.ts";
import { createUiBundles } from "./ui-bundles.ts";

/** Time that runs get to finish, and then to come to the end of their step, when a process is stopped. */
const GRACE = { graceMs: 2_000, stepMs: 8_000 };

interface Base {
  readonly settings: Settings;
  readonly server: ServerSettings;
  readonly logger: Logger;
  readonly modules: GraphModules;
  readonly resources: Resources;
  readonly engine: Engine;
  close(): Promise<void>;
}

/** Graphs of this project work with services over the same resources, opened when one first needs them. */
const offerServices = (
  resources: Resources,
  settings: Settings,
  { inputFolders }: ServerSettings,
  logger: Logger,
): { close(): Promise<void> } => {
  const { artifacts, budget, clock, records } = resources;
  const data = {
    artifacts: tenantArtifacts(artifacts, records.files),
    budget,
    clock,
    inputs: inputAccess(inputFolders, records.files),
    close: async () => undefined,
  };
  let opened: ReturnType<typeof composeOver<typeof data>> | undefined;
  useServices(() => {
    opened ??= composeOver(Promise.resolve(data), settings, {
      report: (level, message) =>
        level === "warning" ? logger.warn({}, message) : logger.info({}, message),
    });
    return opened;
  });
  return { close: async () => (await opened)?.close() };
};

const openBase = async (
  { data, config }: WorkerRequest,
  bundle: string | undefined,
  isWorker: boolean,
): Promise<Base> => {
  const settings = readSettings({
    ...process.env,
    ...(data === undefined ? {} : { TUTTI_DATA: data }),
  });
  const server = readServerSettings(process.env);
  const logger = createLogger({ level: server.logLevel });
  offerLogger(logger);
  const modules = graphModules(bundle, config);
  const extras = readExtras(modules);
  applyEnvironment(extras, modules);
  const resources = await openResources({
    folder: resolve(settings.data),
    settings,
    server,
    store: await storeOptions(extras.store, modules),
    isWorker,
    log: logger,
  });
  try {
    const services = offerServices(resources, settings, server, logger);
    const engine = await createEngine(resources, modules, {
      log: logger,
      threadTtl: threadTtlOf(extras),
    });
    const close = async (): Promise<void> => {
      engine.hub.stop();
      await services.close();
      await resources.close();
    };
    return { settings, server, logger, modules, resources, engine, close };
  } catch (error) {
    await resources.close();
    throw error;
  }
};

const sweepMsOf = (modules: GraphModules): number | undefined => {
  const minutes = readExtras(modules).checkpointer?.ttl?.sweep_interval_minutes;
  return minutes === undefined ? undefined : minutes * 60_000;
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });

const createApi = async (
  { server, logger, modules, resources, engine }: Base,
  host: string,
  { localKey, http, metrics }: { localKey: string; http: HttpClient; metrics: Metrics },
): Promise<ApiServer> => {
  const { records, clock, artifacts } = resources;
  const extras = readExtras(modules);
  const { jwt } = server;
  const access = await accessFor({
    host,
    keys: records.keys,
    clock,
    log: logger,
    localKey,
    ...(jwt === undefined ? {} : { tokens: { ...jwt, http } }),
    ...(extras.auth === undefined ? {} : { handlers: await loadExport(modules, extras.auth.path) }),
  });
  if (access.isOpen === true)
    logger.warn(
      { host },
      "no API key is in force: whoever can reach this machine's loopback may use the server",
    );
  const { corsOrigins } = server;
  const cors = corsOrigins === undefined ? extras.http?.cors : { allowOrigins: corsOrigins };
  const app = extras.http?.app;
  return createServer(
    {
      records,
      runs: engine.runs,
      threads: engine.threads,
      graphs: engine.catalog,
      store: engine.store,
      files: artifacts,
      access,
      cronNext,
      logger,
      metrics,
      clock,
      version,
    },
    {
      allowedHosts: server.hosts,
      ...(server.rateLimit === undefined ? {} : { rateLimit: server.rateLimit }),
      disabled: disabledGroups(extras),
      ...(cors === undefined ? {} : { cors }),
      ...(extras.ui === undefined
        ? {}
        : {
            ui: await createUiBundles({
              folder: modules.folder,
              components: extras.ui,
              shared: extras.ui_config?.shared,
            }),
          }),
      ...(app === undefined ? {} : { app: (await loadExport(modules, app)) as Hono }),
    },
  );
};

/** The issuer may be a private address; its keys may lie elsewhere, where the rules for all allow it. */
const identityOf = (
  { jwt }: ServerSettings,
  { httpAllow }: Settings,
): Readonly<Record<string, HttpPolicy>> => {
  const origins = [jwt?.issuer, jwt?.jwksUrl].flatMap((url) =>
    url === undefined ? [] : [new URL(url).origin],
  );
  return origins.length === 0
    ? {}
    : { identity: { allow: [...httpAllow, ...origins], setting: "TUTTI_HTTP_ALLOW" } };
};

const announceTo = (logger: Logger, { url }: Listening, { databaseUrl }: ServerSettings): void => {
  const database = databaseUrl === undefined ? "SQLite" : "PostgreSQL";
  logger.info({ url, docs: `${url}/docs`, database, version }, `listening on ${url}`);
};

/** Until the signal. `bundle`: the folder of the bundle that runs. Throws CONFIG_INVALID, USAGE, DATABASE. */
export const serve = async (
  request: ServeRequest,
  signal: AbortSignal,
  bundle: string | undefined,
): Promise<void> => {
  const { host = "127.0.0.1", port = 2024, worker: isWorker = true } = request;
  const base = await openBase(request, bundle, isWorker);
  const { settings, server, resources, engine, logger } = base;
  const http = openHttpClient(settings, identityOf(server, settings));
  const { key: localKey } = newApiKey();
  const metrics = createMetrics();
  let api: ApiServer | undefined;
  const work = createWork(resources, engine, {
    concurrency: request.concurrency,
    server,
    sweepMs: sweepMsOf(base.modules),
    http: webhookClient(http, () => api?.fetch),
    log: logger,
    metrics,
    isWorker,
  });
  try {
    api = await createApi(base, host, { localKey, http, metrics });
    const { fetch } = api;
    offerFetch(fetch);
    const listening = await api.listen({ host, port });
    await work.start();
    resources.announce({ url: listening.url, key: localKey });
    announceTo(logger, listening, server);
    await aborted(signal);
    logger.info({}, "stopping");
  } finally {
    // Workers first: while runs come to a safe place, their readers are still told.
    await work.stop(GRACE);
    await api?.close();
    http.close();
    await base.close();
  }
};

/** Until the signal. Throws CONFIG_INVALID, DATABASE. */
export const work = async (
  request: WorkerRequest,
  signal: AbortSignal,
  bundle: string | undefined,
): Promise<void> => {
  if (readServerSettings(process.env).databaseUrl === undefined)
    throw new TuttiError("CONFIG_INVALID", "a worker of its own needs DATABASE_URL", {
      hint: "without PostgreSQL `tutti serve` works on the runs itself",
    });
  const base = await openBase(request, bundle, true);
  const http = openHttpClient(base.settings);
  const loops = createWork(base.resources, base.engine, {
    concurrency: request.concurrency,
    server: base.server,
    sweepMs: sweepMsOf(base.modules),
    http,
    log: base.logger,
    isWorker: true,
  });
  try {
    await loops.start();
    base.logger.info({ version }, "working");
    await aborted(signal);
    base.logger.info({}, "stopping");
  } finally {
    await loops.stop(GRACE);
    http.close();
    await base.close();
  }
};
