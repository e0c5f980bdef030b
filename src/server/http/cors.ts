// Cross-origin rules. Clients of the API run in pages of other origins (Studio, chat UIs). With keys every
// origin may call by default: a key travels in a header that a page must hold, never by itself. An open
// server answers only to pages of this machine and to the hosted clients, else every web site that a person
// visits could start runs here.
import { CLIENT_ORIGINS, type CorsOptions } from "../options.ts";
import { isLoopbackName } from "./host-guard.ts";

const EXPOSED: readonly string[] = [
  "content-location",
  "location",
  "x-pagination-total",
  "x-pagination-next",
  "x-request-id",
  "retry-after",
];
const METHODS: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export interface Cors {
  /** Headers of every answer to a page of this origin; none when it may not read. */
  headers(origin: string | null): Record<string, string>;
  /** The answer to a preflight. */
  preflight(request: Request): Response;
  /** Whether a page of this origin may use the server; requests without one are no page's. */
  allows(origin: string | null): boolean;
}

const isLoopbackOrigin = (origin: string): boolean =>
  URL.canParse(origin) && isLoopbackName(new URL(origin).hostname);

export const createCors = (options: CorsOptions, isOpenServer: boolean): Cors => {
  const isConfigured = options.allowOrigins !== undefined || options.allowOriginRegex !== undefined;
  const byDefault = isOpenServer ? CLIENT_ORIGINS : ["*"];
  const listed = options.allowOrigins ?? (isConfigured ? [] : byDefault);
  const isAny = listed.includes("*");
  const origins = new Set(listed);
  const pattern =
    options.allowOriginRegex === undefined
      ? undefined
      : new RegExp(`^(?:${options.allowOriginRegex})$`);
  const exposed = [...new Set([...EXPOSED, ...(options.exposeHeaders ?? [])])].join(",");
  const allows = (origin: string | null): boolean =>
    origin === null ||
    isAny ||
    origins.has(origin) ||
    (pattern?.test(origin) ?? false) ||
    (!isConfigured && isLoopbackOrigin(origin));
  const headers = (origin: string | null): Record<string, string> => {
    if (!allows(origin)) return { vary: "Origin" };
    const isNamed = !isAny || options.allowCredentials === true;
    return {
      "access-control-allow-origin": isNamed ? (origin ?? "null") : "*",
      "access-control-expose-headers": exposed,
      ...(options.allowCredentials === true ? { "access-control-allow-credentials": "true" } : {}),
      ...(isNamed ? { vary: "Origin" } : {}),
    };
  };
  const preflight = (request: Request): Response => {
    const origin = request.headers.get("origin");
    if (!allows(origin)) return new Response(null, { status: 403, headers: { vary: "Origin" } });
    const asked = request.headers.get("access-control-request-headers");
    const allowed = options.allowHeaders?.join(",") ?? asked;
    return new Response(null, {
      status: 204,
      headers: {
        ...headers(origin),
        "access-control-allow-methods": (options.allowMethods ?? METHODS).join(","),
        ...(allowed === null ? {} : { "access-control-allow-headers": allowed }),
        ...(options.maxAge === undefined
          ? {}
          : { "access-control-max-age": String(options.maxAge) }),
        ...(request.headers.get("access-control-request-private-network") === "true"
          ? { "access-control-allow-private-network": "true" }
          : {}),
        vary: "Origin, Access-Control-Request-Headers",
      },
    });
  };
  return { headers, preflight, allows };
};
