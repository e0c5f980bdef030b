// A server as the commands see it: the same platform as a data folder, over the Agent Server API.
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Client, type Thread } from "@langchain/langgraph-sdk";
import type { Platform, ThreadList } from "../../cli/index.ts";
import { systemClock } from "../../clock.ts";
import { messageOf, TuttiError } from "../../errors.ts";
import { createHttpClient } from "../../outbound/index.ts";
import type { BudgetTotals, HttpRequest } from "../../ports/index.ts";
import { FileRef, type SourceRef, Usage } from "../../protocol/index.ts";
import type { ThreadRecord } from "../../storage/index.ts";
import { createRemoteGraph } from "./remote-graph.ts";
import { remoteError } from "./remote-error.ts";

const STATUS = {
  busy: "running",
  interrupted: "waiting",
  idle: "finished",
  error: "failed",
} as const;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const recordOf = (thread: Thread): ThreadRecord => {
  const { metadata, error } = thread;
  const said = typeof error === "object" ? error : { message: error };
  return {
    id: thread.thread_id,
    graphId: text(metadata?.["graph_id"]) || "orchestrator",
    goal: text(metadata?.["goal"]),
    status: STATUS[thread.status],
    out: text(metadata?.["out"]) || null,
    error:
      error === null || error === undefined
        ? null
        : { code: text(said?.["error"]) || "INTERNAL", message: text(said?.["message"]) },
    input: null,
    createdAt: Date.parse(thread.created_at),
    updatedAt: Date.parse(thread.updated_at),
  };
};

const notFound = (id: string): TuttiError =>
  new TuttiError("THREAD_NOT_FOUND", `the server has no thread ${id}`, {
    hint: "`tutti threads --server URL` lists them",
  });

const MOST = 1000;
const IS_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const threadList = (client: Client): ThreadList => {
  const latest = async (limit: number): Promise<ThreadRecord[]> => {
    const found = await client.threads.search({
      limit,
      sortBy: "updated_at",
      sortOrder: "desc",
      select: ["thread_id", "created_at", "updated_at", "metadata", "status"],
    });
    return found.map(recordOf);
  };
  const find = async (id: string): Promise<ThreadRecord> => {
    if (IS_ID.test(id)) return recordOf(await client.threads.get(id));
    const found = (await latest(MOST)).filter((one) => one.id.startsWith(id));
    const [first] = found;
    if (id === "" || first === undefined) throw notFound(id);
    if (found.length > 1)
      throw new TuttiError("USAGE", `several threads begin with ${id}`, {
        hint: "give more of the id",
      });
    return first;
  };
  return {
    create: async ({ id, graphId, goal, out }) => {
      const metadata = { graph_id: graphId, goal, ...(out === null ? {} : { out }) };
      return recordOf(await client.threads.create({ threadId: id, graphId, metadata }));
    },
    // How a thread stands is the server's to say; only what a person chose is told.
    update: async (id, { goal, out }) => {
      const metadata = {
        ...(goal === undefined ? {} : { goal }),
        ...(out === undefined || out === null ? {} : { out }),
      };
      return Object.keys(metadata).length === 0
        ? await find(id)
        : recordOf(await client.threads.update(id, { metadata }));
    },
    find,
    list: latest,
  };
};

const bytesOf = async (path: string): Promise<Uint8Array> => {
  try {
    return new Uint8Array(await readFile(resolve(path)));
  } catch (error) {
    throw new TuttiError("INPUT_UNREADABLE", `${path}: ${messageOf(error)}`, {
      hint: "check the path; it is taken from the folder you are in",
      cause: error,
    });
  }
};

const NOTHING = { tokens: 0, microEur: 0, calls: 0 };

const totalsOf = ({ inputTokens, outputTokens, calls, costEur = 0 }: Usage): BudgetTotals => ({
  settled: { tokens: inputTokens + outputTokens, calls, microEur: Math.round(costEur * 1e6) },
  reserved: NOTHING,
  inputTokens,
  outputTokens,
});

/** `folder`: where files to be reviewed are laid out. */
export const openRemotePlatform = async (
  { url, key }: { url: string; key: string | undefined },
  folder: string,
): Promise<Platform> => {
  const base = url.replace(/\/+$/, "");
  const client = new Client({
    apiUrl: base,
    apiKey: key ?? null,
    // A server that is not there should be told at once; a run under way is waited for elsewhere.
    callerOptions: { maxRetries: 1 },
  });
  const { detectKind } = await import("../../tools/index.ts");
  const headers: Record<string, string> = key === undefined ? {} : { "x-api-key": key };
  // The SDK knows nothing of files; they go through the one client for requests to other machines.
  const http = createHttpClient({ allow: [new URL(base).origin] });
  const translated =
    <Given extends unknown[], Result>(work: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      try {
        return await work(...given);
      } catch (error) {
        throw remoteError(error, base);
      }
    };
  const request = async (
    path: string,
    more: Pick<HttpRequest, "method" | "headers" | "body">,
  ): Promise<Uint8Array> => {
    const { status, body } = await http.request({
      url: `${base}${path}`,
      purpose: "server",
      timeoutMs: Number.POSITIVE_INFINITY,
      maxBytes: Number.POSITIVE_INFINITY,
      ...more,
      headers: { ...headers, ...more.headers },
    });
    if (status >= 200 && status < 300) return body;
    const said = new TextDecoder().decode(body);
    throw Object.assign(new Error(`HTTP ${status}`), { status, text: said });
  };
  const send = async (path: string): Promise<SourceRef> => {
    const bytes = await bytesOf(path);
    const name = basename(path);
    const { kind, mime } = detectKind(name, bytes);
    const answer = await request(`/files?name=${encodeURIComponent(name)}`, {
      method: "POST",
      headers: { "content-type": mime },
      body: bytes,
    });
    const { sha256 } = FileRef.pick({ sha256: true }).parse(
      JSON.parse(new TextDecoder().decode(answer)),
    );
    return { sha256, name, mime, bytes: bytes.length, kind };
  };
  const threads = threadList(client);
  return {
    data: folder,
    clock: systemClock,
    threads: {
      create: translated(threads.create),
      update: translated(threads.update),
      find: translated(threads.find),
      list: translated(threads.list),
    },
    budget: {
      totals: translated(async (thread) => {
        const { values } = await client.threads.getState<Record<string, unknown>>(thread);
        const spent = Usage.safeParse(values?.["spent"]);
        return totalsOf(spent.data ?? { inputTokens: 0, outputTokens: 0, calls: 0 });
      }),
      recover: async () => undefined,
    },
    artifacts: {
      get: translated((sha256) => request(`/files/${sha256}`, {})),
    },
    graphs: { load: (id) => createRemoteGraph({ client, url: base }, id) },
    saver: undefined,
    takeIn: translated((paths) => Promise.all(paths.map(send))),
    // The server lets one run at a time work on a thread.
    lock: () => ({ release: () => undefined }),
    isLocked: translated(async (id) => (await client.threads.get(id)).status === "busy"),
    close: async () => http.close(),
  };
};
