// Requests made from the server's own OpenAPI document: valid ones, ones that are nearly valid, and hostile
// ones. Whatever comes, the server answers soon, with no 5xx and no word of its insides.
import { z } from "zod";
import type { TestServer } from "../fixtures/server.ts";

export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const pick = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T;

const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  2 ** 53,
  -1e308,
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202e",
  "../../etc/passwd",
  "'; DROP TABLE threads; --",
  "%00",
  "$eq",
  "x".repeat(5_000),
  [],
  [[]],
  {},
  { $eq: null },
  { $or: [{}] },
  { $contains: { a: 1 } },
  { lc: 1, type: "constructor", id: ["evil", "X"], kwargs: {} },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}'),
  JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`),
  "🦄",
];

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Values that exist on the server, by the name of the field they fit. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

const known: (random: Random, name: string, pool: Known) => unknown = (random, name, pool) => {
  const values = pool[name];
  return values === undefined || random() < 0.2 ? undefined : pick(random, values);
};

const ofString = (random: Random, { format, enum: options, pattern }: Schema): unknown => {
  if (Array.isArray(options)) return pick(random, options as unknown[]);
  if (format === "date-time") return new Date(random() * 4e12).toISOString();
  if (typeof format === "string" || (typeof pattern === "string" && pattern.includes("0-9a-f")))
    return crypto.randomUUID();
  return pick(random, [
    "a",
    "goal",
    "values",
    "2026",
    "chain",
    "*/5 * * * *",
    "Europe/Berlin",
    "a.b",
  ]);
};

const ofObject = (random: Random, schema: Schema, pool: Known, depth: number): unknown => {
  const { properties, required = [], additionalProperties } = schema;
  const names = isSchema(properties) ? Object.keys(properties) : [];
  const entries = names
    .filter((name) => (required as string[]).includes(name) || random() < 0.4)
    .map((name): [string, unknown] => [
      name,
      known(random, name, pool) ??
        sample(random, (properties as Record<string, unknown>)[name], pool, depth + 1),
    ]);
  if (names.length === 0 && additionalProperties !== false && random() < 0.7)
    entries.push([pick(random, ["goal", "log", "a", "graph_id"]), pick(random, HOSTILE)]);
  return Object.fromEntries(entries);
};

const MAX_DEPTH = 6;

/** Mostly what the schema allows; now and then something else. */
export const sample = (random: Random, schema: unknown, pool: Known, depth = 0): unknown => {
  if (random() < 0.07 || depth > MAX_DEPTH) return pick(random, HOSTILE);
  if (!isSchema(schema)) return pick(random, HOSTILE);
  const { anyOf, type, items, minimum, maximum } = schema;
  if ("const" in schema) return schema["const"];
  if (Array.isArray(anyOf))
    return sample(random, pick(random, anyOf as unknown[]), pool, depth + 1);
  switch (type) {
    case "string":
      return ofString(random, schema);
    case "integer":
    case "number": {
      const low = typeof minimum === "number" ? minimum : 0;
      const high = Math.min(typeof maximum === "number" ? maximum : 20, low + 20);
      return Math.floor(low + random() * (high - low + 1));
    }
    case "boolean":
      return random() < 0.5;
    case "null":
      return null;
    case "array":
      return Array.from({ length: Math.floor(random() * 3) }, () =>
        sample(random, items, pool, depth + 1),
      );
    case "object":
      return ofObject(random, schema, pool, depth);
    default:
      return Array.isArray(schema["enum"])
        ? pick(random, schema["enum"] as unknown[])
        : pick(random, HOSTILE);
  }
};

const Operation = z.looseObject({
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(["path", "query"]),
        required: z.boolean(),
        schema: z.unknown(),
      }),
    )
    .default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), z.unknown()) }).optional(),
});
const Document = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

export interface Target {
  readonly method: string;
  readonly path: string;
  readonly operation: z.infer<typeof Operation>;
}

export const targetsOf = async (server: TestServer): Promise<Target[]> => {
  const document = Document.parse(await (await server.get("/openapi.json")).json());
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
};

const text = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");

/** A lone surrogate cannot stand in a URL. */
const encoded = (value: unknown): string => encodeURIComponent(text(value).toWellFormed());

const urlOf = (random: Random, { path, operation }: Target, pool: Known): string => {
  const value = (name: string, schema: unknown): string =>
    encoded(known(random, name, pool) ?? sample(random, schema, pool));
  const filled = operation.parameters
    .filter((one) => one.in === "path")
    .reduce((at, { name, schema }) => {
      const part = value(name, schema);
      return at.replace(`{${name}}`, part === "" || /^\.+$/.test(part) ? "x" : part);
    }, path);
  const query = operation.parameters
    .filter((one) => one.in === "query" && (one.required || random() < 0.5))
    .map(({ name, schema }) => `${name}=${value(name, schema)}`);
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
};

const RAW: readonly string[] = ["", "{", "null", "[]", '"x"', "\u0000", "{}{}", "NaN"];

const bodyOf = (random: Random, { operation }: Target, pool: Known): string | undefined => {
  const content = operation.requestBody?.content;
  if (content === undefined) return undefined;
  const json = content["application/json"];
  if (!isSchema(json)) return pick(random, ["", "a,b\n1,2", "x".repeat(1_000)]);
  return random() < 0.05 ? pick(random, RAW) : JSON.stringify(sample(random, json["schema"], pool));
};

const SECONDS = 10;

/** What the answer begins with: streams are not read to their end. */
const beginningOf = async (response: Response, controller: AbortController): Promise<string> => {
  const isWhole =
    response.headers.has("content-length") ||
    (response.headers.get("content-type") ?? "").includes("problem");
  const read = isWhole ? await response.text() : "";
  controller.abort();
  return read;
};

/** One request; answers what is wrong about its answer. */
export const attack = async (
  server: TestServer,
  random: Random,
  target: Target,
  pool: Known,
): Promise<{ status: number; fault: string | undefined }> => {
  const url = urlOf(random, target, pool);
  const body = bodyOf(random, target, pool);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("no answer")), SECONDS * 1_000);
  const what = `${target.method.toUpperCase()} ${url.slice(0, 300)} ${body?.slice(0, 1_000) ?? ""}`;
  try {
    const response = await server.get(url, {
      method: target.method.toUpperCase(),
      ...(body === undefined ? {} : { body }),
      headers: { "content-type": "application/json" },
      signal: controller.signal,
    });
    const { status } = response;
    const answer = await beginningOf(response, controller);
    const isStack = /\n\s+at |\.ts:\d+|node_modules/.test(answer);
    const requestId = response.headers.get("x-request-id") ?? "";
    const reason = status >= 500 ? server.log.findLast((line) => line.includes(requestId)) : answer;
    const fault =
      status >= 500 || isStack ? `${status} to ${what}: ${reason?.slice(0, 2_000)}` : undefined;
    return { status, fault };
  } catch (error) {
    return { status: 0, fault: `${String(error)} to ${what}` };
  } finally {
    clearTimeout(timer);
  }
};

/** Some of everything, so that requests find what they name. */
export const populate = async (server: TestServer): Promise<Known> => {
  const client = server.client();
  const { thread_id } = await client.threads.create({ metadata: { a: 1 } });
  await client.runs.wait(thread_id, "chain", { input: { goal: "x" } });
  const paused = await client.threads.create();
  await client.runs.wait(paused.thread_id, "asking", { input: {} });
  const [run] = await client.runs.list(thread_id);
  const { assistant_id } = await client.assistants.create({ graphId: "chain" });
  const { cron_id } = (await client.crons.create("chain", {
    schedule: "0 7 1 1 *",
    input: {},
  })) as unknown as { cron_id: string };
  const state = await client.threads.getState(thread_id);
  const file = (await (await server.get("/files", { method: "POST", body: "a,b" })).json()) as {
    sha256: string;
  };
  return {
    thread_id: [thread_id, paused.thread_id],
    assistant_id: [assistant_id, "chain", "asking"],
    graph_id: ["chain", "asking"],
    run_id: [run?.run_id],
    cron_id: [cron_id],
    checkpoint_id: [state.checkpoint.checkpoint_id],
    sha256: [file.sha256],
    namespace: ["asker", "notes"],
    schedule: ["0 7 1 1 *"],
    method: ["run.start", "input.respond", "state.get", "agent.getTree", "state.listCheckpoints"],
  };
};
