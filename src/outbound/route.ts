// For one purpose: which addresses may be reached, and the connections that were made to them.
// Connections are never shared between purposes, so none leads where its purpose may not go.
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import { messageOf } from "../errors.ts";
import { readAllowRule } from "./allow-rule.ts";
import { failed, refused } from "./http-error.ts";
import { specialKind } from "./public-address.ts";
import type { Target } from "./target.ts";

export interface HttpPolicy {
  /** Entries as `readAllowRule` takes them; default `["public"]`. */
  readonly allow?: readonly string[];
  /** The setting that holds the list, for hints. */
  readonly setting?: string;
}

/** All addresses of a host name. Rejects when there is no such name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

interface Agents {
  /** Keeps connections, for methods that may be repeated. */
  readonly kept: HttpAgent;
  /** Makes a new connection for every request. */
  readonly fresh: HttpAgent;
}

export interface Route {
  readonly http: Agents;
  readonly https: Agents;
  /** The addresses that may be connected to, and no others; at least one. Throws HTTP_REFUSED. */
  addresses(target: Target): Promise<readonly string[]>;
  close(): void;
}

export interface RouteOptions extends HttpPolicy {
  readonly resolve: Resolve;
  /** The authorities that certificates are checked against. */
  readonly ca: readonly string[] | undefined;
}

const IDLE_CONNECTION_MS = 4_000; // below the 5 s after which node servers close

export const createRoute = (options: RouteOptions): Route => {
  const rules = (options.allow ?? ["public"]).map(readAllowRule);
  const setting = options.setting ?? "TUTTI_HTTP_ALLOW";
  const keep = { keepAlive: true, timeout: IDLE_CONNECTION_MS, maxFreeSockets: 16 };
  const tls = {
    rejectUnauthorized: true,
    minVersion: "TLSv1.2" as const,
    ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
  };
  // Agents of our own: node's global ones may take a proxy from the environment.
  const http: Agents = { kept: new HttpAgent(keep), fresh: new HttpAgent() };
  const https: Agents = { kept: new HttpsAgent({ ...keep, ...tls }), fresh: new HttpsAgent(tls) };

  const notAllowed = (target: Target, found: string | undefined) =>
    refused(
      `Requests to ${target.origin} are not allowed${found === undefined ? "" : `: it is ${found} address`}.`,
      `If this is meant, add "${target.origin}" to ${setting}.`,
      { origin: target.origin },
    );

  return {
    http,
    https,
    async addresses(target) {
      if (!rules.some((rule) => rule.mayAllow(target)))
        throw notAllowed(target, target.isAddress ? specialKind(target.host) : undefined);
      const found = target.isAddress ? [target.host] : await lookUp(options.resolve, target);
      const allowed = found.filter(
        (address) => isIP(address) !== 0 && rules.some((rule) => rule.allows(target, address)),
      );
      if (allowed.length === 0) throw notAllowed(target, found.map(specialKind).find(Boolean));
      return allowed;
    },
    close() {
      for (const { kept, fresh } of [http, https]) {
        kept.destroy();
        fresh.destroy();
      }
    },
  };
};

const lookUp = async (resolve: Resolve, { host, origin }: Target): Promise<readonly string[]> => {
  try {
    const found = await resolve(host);
    if (found.length > 0) return found;
  } catch (error) {
    throw failed("name", `The host of ${origin} could not be resolved: ${messageOf(error)}`);
  }
  throw failed("name", `The host of ${origin} has no address.`);
};
