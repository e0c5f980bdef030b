// One hop over one connection: to an address that was checked, and to no other.
import { type IncomingMessage, request as httpRequest, type ClientRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import type { Deadline } from "./deadline.ts";
import type { Hop } from "./hop.ts";
import { transportError } from "./http-error.ts";
import type { Route } from "./route.ts";

export interface ExchangeOptions {
  readonly hop: Hop;
  readonly route: Route;
  readonly deadline: Deadline;
  readonly maxHeaderBytes: number;
}

/** Answers what was resolved and checked before: node asks nobody else, so a name cannot change its mind. */
const pinned = (addresses: readonly string[]): LookupFunction => {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, { all: wantsAll }, callback) => {
    const [first] = all;
    if (wantsAll === true) callback(null, all);
    else callback(null, first?.address ?? "", first?.family);
  };
};

const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

const open = (options: ExchangeOptions, addresses: readonly string[], fresh: boolean) => {
  const { hop, route, maxHeaderBytes } = options;
  const { target, method, headers, body } = hop;
  const agents = route[target.scheme];
  const send = target.scheme === "https" ? httpsRequest : httpRequest;
  return send({
    method,
    host: target.host,
    port: target.port,
    path: target.path,
    headers: {
      ...headers,
      ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
    },
    agent: fresh || !REPEATABLE.has(method) ? agents.fresh : agents.kept,
    lookup: pinned(addresses),
    maxHeaderSize: maxHeaderBytes,
    ...(target.isAddress ? {} : { servername: target.host }),
  });
};

const answerTo = (
  request: ClientRequest,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => {
      request.destroy();
      reject(signal.reason as Error);
    };
    request.once("close", () => signal.removeEventListener("abort", onAbort));
    request.once("response", resolve);
    request.on("error", reject); // stays: an error after the answer is told by the answer's stream
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    request.end(body);
  });

/** The answer's head; its body is still to be read. Throws HTTP_REFUSED, HTTP_FAILED, CANCELLED. */
export const exchange = async (options: ExchangeOptions): Promise<IncomingMessage> => {
  const { hop, route, deadline } = options;
  const addresses = await deadline.race(route.addresses(hop.target));
  const attempt = async (fresh: boolean): Promise<IncomingMessage> => {
    const request = open(options, addresses, fresh);
    try {
      return await answerTo(request, hop.body, deadline.signal);
    } catch (error) {
      // The other side may close a kept connection at the moment it is used again.
      if (!fresh && request.reusedSocket && !deadline.signal.aborted) return attempt(true);
      throw transportError(error, hop.target.origin);
    }
  };
  return attempt(false);
};
