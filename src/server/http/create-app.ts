// What every request goes through, in this order: request id, Host, Origin, who asks, limits, then the user's
// own routes and ours; errors become problem documents; the answer is measured and logged.
import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import type { ServerOptions } from "../options.ts";
import type { Platform } from "../platform.ts";
import { problemOf, problemResponse, ProblemError } from "../problem.ts";
import { createCors } from "./cors.ts";
import type { Method, Route, Server, Who } from "./define-route.ts";
import type { HostGuard } from "./host-guard.ts";

interface Variables {
  requestId: string;
  who: Who;
  /** The pattern of the route that answered, for figures. */
  route: string;
}
type AppContext = Context<{ Variables: Variables; Bindings: Bindings }>;
interface Bindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } };
}

export interface AppParts {
  readonly platform: Platform;
  readonly server: Server;
  readonly options: ServerOptions;
  readonly routes: readonly Route[];
  /** Asked per request: the address is known once the server listens. */
  readonly hosts: () => HostGuard;
}

const REQUEST_ID = /^[\w-]{1,64}$/;

const requestIdOf = (context: AppContext): string => {
  const given = context.req.header("x-request-id") ?? "";
  return REQUEST_ID.test(given) ? given : randomUUID();
};

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const pathPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);

const addressOf = (context: AppContext, trustProxy: boolean): string => {
  const forwarded = trustProxy ? context.req.header("x-forwarded-for") : undefined;
  // The last one was added by the proxy of one's own; those before it are hearsay.
  const last = forwarded?.split(",").at(-1)?.trim();
  return last ?? context.env?.incoming?.socket?.remoteAddress ?? "local";
};

const sameOrigin = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();

const hostOf = (context: AppContext): string | undefined =>
  context.req.header("host") ?? new URL(context.req.url).host;

const isStream = (response: Response): boolean =>
  response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;

/** Logs and measures what was answered; a 5xx tells its reason here and nowhere else. */
const recorder = ({ platform }: AppParts) => {
  const { logger, metrics } = platform;
  return (context: AppContext, started: number): void => {
    const seconds = (performance.now() - started) / 1_000;
    const { status } = context.res;
    const route = context.get("route") ?? "none";
    const { method } = context.req;
    if (!isStream(context.res)) metrics.request({ method, route, status, seconds });
    const line = {
      requestId: context.get("requestId"),
      method,
      path: context.req.path,
      route,
      status,
      ms: Math.round(seconds * 1_000),
      caller: context.get("who")?.caller,
    };
    if (status >= 500) logger.error({ ...line, err: context.error }, "a request failed");
    else if (status >= 400) logger.info(line, "request refused");
    else logger.debug(line, "request");
  };
};

const isReading = ({ req }: AppContext): boolean => req.method === "GET" || req.method === "HEAD";

/** Authentication, and the limits of whom it found. */
const gatekeeper = ({ platform, server, options, routes }: AppParts) => {
  const open = routes.filter(({ isOpen }) => isOpen === true).map(({ path }) => pathPattern(path));
  return async (context: AppContext): Promise<void> => {
    const address = addressOf(context, options.trustProxy ?? false);
    if (isReading(context) && open.some((pattern) => pattern.test(context.req.path)))
      return server.limits.request(address);
    const { access } = platform;
    try {
      const principal = await access.authenticate(context.req.raw);
      const caller = access.isOpen === true ? address : principal.id;
      context.set("who", { principal, caller });
      return server.limits.request(caller);
    } catch (error) {
      // Guessing keys is limited by address.
      if (problemOf(error).status === 401) server.limits.request(address);
      throw error;
    }
  };
};

const NOBODY: Who = {
  principal: { tenant: "", id: "", role: "viewer", user: null, permissions: [] },
  caller: "",
};

export const createApp = (parts: AppParts): Hono<{ Variables: Variables; Bindings: Bindings }> => {
  const { platform, server, options, routes } = parts;
  const app = new Hono<{ Variables: Variables; Bindings: Bindings }>();
  const cors = createCors(options.cors ?? {}, platform.access.isOpen ?? false);
  const record = recorder(parts);
  const admit = gatekeeper(parts);

  const answered = (context: AppContext, error: unknown): Response => {
    const problem = problemOf(error);
    return problemResponse(problem, context.req.path);
  };

  app.use("*", async (context, next) => {
    const started = performance.now();
    context.set("requestId", requestIdOf(context));
    const origin = context.req.header("origin") ?? null;
    try {
      parts.hosts().check(hostOf(context));
      if (context.req.method === "OPTIONS")
        return void (context.res = cors.preflight(context.req.raw));
      if (origin !== null && !cors.allows(origin) && !sameOrigin(origin, hostOf(context)))
        throw new ProblemError({
          status: 403,
          code: "FORBIDDEN",
          detail: "pages of this origin may not call the server",
          hint: "add the origin to the allowed ones (TUTTI_CORS_ORIGINS)",
        });
      await admit(context);
      await next();
    } catch (error) {
      context.error ??= error as Error;
      context.res = answered(context, error);
    }
    for (const [name, value] of Object.entries(cors.headers(origin)))
      context.res.headers.set(name, value);
    context.res.headers.set("x-request-id", context.get("requestId"));
    record(context, started);
    return undefined;
  });
  if (options.app !== undefined) app.route("/", options.app);
  for (const route of routes)
    app.on(route.method.toUpperCase(), honoPath(route.path), (context) => {
      context.set("route", route.path);
      return route.run(server, context, context.get("who") ?? NOBODY);
    });
  app.onError((error, context) => answered(context, error));
  const patterns = routes.map(({ path, method }) => ({ pattern: pathPattern(path), method }));
  app.notFound((context) => {
    const methods: Method[] = patterns
      .filter(({ pattern }) => pattern.test(context.req.path))
      .map(({ method }) => method);
    const allow = [...new Set(methods)].map((method) => method.toUpperCase()).join(", ");
    return problemResponse(
      methods.length > 0
        ? {
            status: 405,
            code: "ROUTE_NOT_FOUND",
            detail: `${context.req.method} is not a method of this path`,
            hint: `it takes ${allow}`,
            headers: { allow },
          }
        : {
            status: 404,
            code: "ROUTE_NOT_FOUND",
            detail: "Not Found",
            hint: "/docs lists every endpoint",
          },
      context.req.path,
    );
  });
  return app;
};
