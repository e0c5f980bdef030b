// What an operator may set, with its defaults. Nothing here is read from the environment: compose does.
import type { Hono } from "hono";
import type { UiBundles } from "./ui-bundles.ts";

export interface CorsOptions {
  /**
   * `["*"]` lets pages of every origin call the server: the default with keys, which a page must hold. The
   * default of an open server is loopback and the hosted clients (`CLIENT_ORIGINS`).
   */
  readonly allowOrigins?: readonly string[] | undefined;
  readonly allowOriginRegex?: string | undefined;
  readonly allowMethods?: readonly string[] | undefined;
  /** Absent: what the preflight asks for. */
  readonly allowHeaders?: readonly string[] | undefined;
  readonly allowCredentials?: boolean | undefined;
  /** Beside those the clients need. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** Seconds. */
  readonly maxAge?: number | undefined;
}

export interface RateLimit {
  /** Requests that may come at once. */
  readonly burst: number;
  /** How many are given back each second. */
  readonly perSecond: number;
}

/** Groups of endpoints that langgraph.json may switch off (`http.disable_assistants` …). */
export type RouteGroup = "assistants" | "threads" | "runs" | "store" | "meta";

export interface ServerOptions {
  /** Host names (without port) that a request may name beside loopback and the listening address. */
  readonly allowedHosts?: readonly string[] | undefined;
  readonly cors?: CorsOptions | undefined;
  /** Bytes of a JSON body; default 20 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Bytes of an uploaded file; default 100 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** Per key or address; absent: no limit. */
  readonly rateLimit?: RateLimit | undefined;
  /** Event streams and waiting requests open at once, per key or address; default 1,000. */
  readonly maxStreams?: number | undefined;
  /** Milliseconds between heartbeats of a silent stream; default 5,000. */
  readonly heartbeatMs?: number | undefined;
  readonly disabled?: ReadonlySet<RouteGroup> | undefined;
  /** Routes of the user's own, before ours (langgraph.json `http.app`). */
  readonly app?: Hono | undefined;
  /** Components of the graphs' own for chat pages (langgraph.json `ui`). */
  readonly ui?: UiBundles | undefined;
  /** Said by /info. */
  readonly flags?: Readonly<Record<string, boolean>> | undefined;
  /** The address of the connection is taken from `x-forwarded-for`: only behind a proxy of one's own. */
  readonly trustProxy?: boolean | undefined;
}

/** Where the hosted clients of the API live: Studio, Agent Chat UI, Agent Inbox. */
export const CLIENT_ORIGINS: readonly string[] = [
  "https://smith.langchain.com",
  "https://eu.smith.langchain.com",
  "https://agentchat.vercel.app",
  "https://dev.agentinbox.ai",
];

const MIB = 1024 * 1024;

export const DEFAULTS = {
  maxBodyBytes: 20 * MIB,
  maxFileBytes: 100 * MIB,
  maxStreams: 1_000,
  heartbeatMs: 5_000,
} as const;
