// The API over HTTP: LangGraph's Agent Server API and some endpoints of ours, for a platform that is given.
import { setMaxListeners } from "node:events";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { TuttiError } from "../errors.ts";
import { createApp } from "./http/create-app.ts";
import type { Server } from "./http/define-route.ts";
import { createHostGuard } from "./http/host-guard.ts";
import { createLimits } from "./http/limits.ts";
import type { ServerOptions } from "./options.ts";
import type { Platform } from "./platform.ts";
import { allRoutes } from "./routes/all-routes.ts";

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Where clients on this machine reach it. */
  readonly url: string;
}

export interface ApiServer {
  /** Answers a request of this process, without a socket. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Port 0 takes a free one. Throws USAGE when the address cannot be had. */
  listen(at: { host: string; port: number }): Promise<Listening>;
  /** Takes no more requests, ends open streams, lets the others finish for up to `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

const HEADER_BYTES = 32 * 1024;
const HEADERS_MS = 15_000;
/** For the whole request to arrive: an upload may take its time. */
const REQUEST_MS = 300_000;
/** Longer than what load balancers keep: they close first, and no request is lost in between. */
const KEEP_ALIVE_MS = 75_000;
const SOCKET_MESSAGE_BYTES = 4 * 1024 * 1024;
const GRACE_MS = 5_000;

const listening = (http: HttpServer, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new TuttiError("USAGE", `the server cannot listen on ${host}:${port}: ${error.message}`, {
          hint: error.code === "EADDRINUSE" ? "another process has the port; take another" : "",
          cause: error,
        }),
      ),
    );
    http.listen(port, host, () => resolve(http.address() as AddressInfo));
  });

const reachable = (host: string): string => {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
};

export const createServer = (platform: Platform, options: ServerOptions = {}): ApiServer => {
  let hosts = createHostGuard("localhost", options.allowedHosts ?? []);
  let http: HttpServer | undefined;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one for each open stream
  const server: Server = {
    platform,
    limits: createLimits(options, platform.clock),
    closing: closing.signal,
  };
  const routes = allRoutes(options);
  const app = createApp({ platform, server, options, routes, hosts: () => hosts });
  return {
    fetch: async (request) => await app.fetch(request, {}),
    listen: async ({ host, port }) => {
      hosts = createHostGuard(host, options.allowedHosts ?? []);
      const { WebSocketServer } = await import("ws");
      const sockets = new WebSocketServer({ noServer: true, maxPayload: SOCKET_MESSAGE_BYTES });
      http = createAdaptorServer({
        fetch: (request, env) => app.fetch(request, env),
        websocket: { server: sockets },
        serverOptions: {
          maxHeaderSize: HEADER_BYTES,
          headersTimeout: HEADERS_MS,
          requestTimeout: REQUEST_MS,
          keepAliveTimeout: KEEP_ALIVE_MS,
        },
      }) as HttpServer;
      const address = await listening(http, host, port);
      return {
        host,
        port: address.port,
        url: `http://${reachable(host)}:${address.port}`,
      };
    },
    close: async (graceMs = GRACE_MS) => {
      closing.abort();
      const open = http;
      if (open === undefined) return;
      http = undefined;
      const closed = new Promise<void>((resolve) => {
        open.close(() => resolve());
      });
      open.closeIdleConnections();
      const timer = setTimeout(() => open.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
};
