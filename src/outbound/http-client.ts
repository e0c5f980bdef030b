// The one client for requests to other machines. Each hop: read the URL strictly, resolve, check the
// addresses, connect to one of those, follow redirects by the same rules, measure what comes back.
import { lookup } from "node:dns/promises";
import type { IncomingMessage } from "node:http";
import { getCACertificates } from "node:tls";
import type { HttpClient, HttpRequest, HttpStream } from "../ports/index.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { exchange } from "./exchange.ts";
import { firstHop, nextHop, type Hop } from "./hop.ts";
import { failed } from "./http-error.ts";
import { ACCEPTED_ENCODINGS, readBody } from "./read-body.ts";
import { createRoute, type HttpPolicy, type Resolve, type Route } from "./route.ts";

export interface HttpLimits {
  /** Milliseconds for a whole request; default 30,000. */
  readonly timeoutMs?: number;
  /** Milliseconds of silence; default 15,000. */
  readonly idleTimeoutMs?: number;
  /** Bytes of a body, decompressed; default 10 MiB. */
  readonly maxBytes?: number;
  /** Redirects followed; default 5. */
  readonly redirects?: number;
  /** Bytes of an answer's headers; default 16 KiB. */
  readonly maxHeaderBytes?: number;
}

export interface HttpClientOptions extends HttpPolicy {
  /** Lists that replace the general one for requests with this purpose. */
  readonly purposes?: Readonly<Record<string, HttpPolicy>>;
  readonly limits?: HttpLimits;
  /** Certificates of authorities, PEM, trusted beside the usual ones. */
  readonly ca?: readonly string[];
  /** Default: the operating system's, with its hosts file. */
  readonly resolve?: Resolve;
  readonly userAgent?: string;
}

export interface OutboundClient extends HttpClient {
  /** Closes kept connections and ends what is under way. */
  close(): void;
}

const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

const DEFAULTS = {
  timeoutMs: 30_000,
  idleTimeoutMs: 15_000,
  maxBytes: 10 * 1024 * 1024,
  redirects: 5,
  maxHeaderBytes: 16 * 1024,
};

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = ""]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );

/** Throws CONFIG_INVALID when an entry of a list cannot be read. */
export const createHttpClient = (options: HttpClientOptions = {}): OutboundClient => {
  const { resolve = systemResolve, userAgent = "tutti" } = options;
  const ca = options.ca === undefined ? undefined : [...getCACertificates(), ...options.ca];
  const route = ({ allow, setting }: HttpPolicy): Route =>
    createRoute({
      resolve,
      ca,
      ...(allow === undefined ? {} : { allow }),
      ...(setting === undefined ? {} : { setting }),
    });
  const general = route(options);
  const special = new Map(
    Object.entries(options.purposes ?? {}).map(([purpose, policy]) => [purpose, route(policy)]),
  );
  const limits = { ...DEFAULTS, ...options.limits };
  const defaults = {
    "user-agent": userAgent,
    accept: "*/*",
    "accept-encoding": ACCEPTED_ENCODINGS,
  };

  const follow = async (start: Hop, request: HttpRequest, deadline: Deadline) => {
    const most = request.redirects ?? limits.redirects;
    const { maxHeaderBytes } = limits;
    const chosen = special.get(request.purpose) ?? general;
    let hop = start;
    for (let followed = 0; ; followed += 1) {
      const message = await exchange({ hop, route: chosen, deadline, maxHeaderBytes });
      deadline.touch();
      if (most === 0) return { hop, message };
      // What comes with a redirect is not read: its connection is given up.
      const leave = (): IncomingMessage => message.destroy();
      try {
        const next = nextHop(hop, message.statusCode ?? 0, message.headers.location);
        if (next === undefined) return { hop, message };
        if (followed === most)
          throw failed("redirects", `${start.target.origin} redirects more than ${most} times.`);
        leave();
        hop = next;
      } catch (error) {
        leave();
        throw error;
      }
    }
  };

  const stream = async (request: HttpRequest): Promise<HttpStream> => {
    const start = firstHop(request, defaults);
    const { origin } = start.target;
    const { timeoutMs = limits.timeoutMs, idleTimeoutMs = limits.idleTimeoutMs } = request;
    const deadline = createDeadline({ timeoutMs, idleTimeoutMs, origin, signal: request.signal });
    try {
      const { hop, message } = await follow(start, request, deadline);
      const status = message.statusCode ?? 0;
      const body = readBody({
        message,
        deadline,
        maxBytes: request.maxBytes ?? limits.maxBytes,
        origin: hop.target.origin,
        empty: hop.method === "HEAD" || status === 204 || status === 304,
      });
      return { status, headers: headersOf(message), url: hop.target.url, body };
    } catch (error) {
      deadline.stop();
      throw error;
    }
  };

  return {
    stream,
    async request(request) {
      const { body, ...head } = await stream(request);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return { ...head, body: Buffer.concat(chunks) };
    },
    close() {
      for (const one of [general, ...special.values()]) one.close();
    },
  };
};
