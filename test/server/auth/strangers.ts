// What two callers of one server have and see, for tests in which one is a stranger to the other.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Client } from "@langchain/langgraph-sdk";
import { expect } from "vitest";
import type { TestServer } from "../../fixtures/server.ts";
import type { Things, Try } from "./foreign-requests.ts";

/** Seconds until a run begins that no test waits for. */
export const FAR = 3_600;

export interface Caller {
  readonly headers: Record<string, string>;
  readonly client: Client;
}

/** `content` is that of the file that is uploaded. */
export const visitsTo = (server: TestServer, content: string) => {
  const send = (who: Caller, method: string, { path, body }: Try, signal?: AbortSignal) =>
    server.get(path, {
      method: method.toUpperCase(),
      headers: { ...who.headers, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });

  const upload = async (who: Caller, name: string): Promise<Record<string, string>> => {
    const response = await server.get(`/files?name=${name}`, {
      method: "POST",
      headers: { ...who.headers, "content-type": "text/plain" },
      body: content,
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, string>;
  };

  /** A caller's things, each marked with a word. */
  const thingsOf = async ({ client }: Caller, word: string): Promise<Things> => {
    const metadata = { ns: word };
    const assistant = await client.assistants.create({ graphId: "chain", name: word, metadata });
    const [thread, busy, paused] = await Promise.all(
      [1, 2, 3].map(() => client.threads.create({ metadata })),
    );
    if (thread === undefined || busy === undefined || paused === undefined)
      throw new Error("three");
    await client.runs.wait(thread.thread_id, assistant.assistant_id, { input: { goal: word } });
    await client.runs.wait(paused.thread_id, "asking", { input: { log: [word] } });
    const [run] = await client.runs.list(thread.thread_id);
    const pending = await client.runs.create(busy.thread_id, assistant.assistant_id, {
      input: { goal: word },
      afterSeconds: FAR,
      metadata,
    });
    const state = await client.threads.getState(thread.thread_id);
    const { interrupts } = await client.threads.get(paused.thread_id);
    const cron = await client.crons.createForThread(thread.thread_id, assistant.assistant_id, {
      schedule: "0 3 * * *",
      input: { goal: word },
      metadata,
    });
    await client.store.putItem([word], "k", { ns: word });
    return {
      assistant: assistant.assistant_id,
      thread: thread.thread_id,
      checkpoint: state.checkpoint.checkpoint_id ?? "",
      run: run?.run_id ?? "",
      busyThread: busy.thread_id,
      pendingRun: pending.run_id,
      pausedThread: paused.thread_id,
      interrupt: Object.values(interrupts).flat()[0]?.id ?? "",
      cron: (cron as unknown as { cron_id: string }).cron_id,
      namespace: word,
      sha256: createHash("sha256").update(content).digest("hex"),
    };
  };

  /** Ids of the same form that nobody has. */
  const nothing = (their: Things): Things => ({
    assistant: randomUUID(),
    thread: randomUUID(),
    // These order by time, and `before` compares them: one of the same moment.
    checkpoint: `${their.checkpoint.slice(0, -12)}${randomBytes(6).toString("hex")}`,
    run: randomUUID(),
    busyThread: randomUUID(),
    pendingRun: randomUUID(),
    pausedThread: randomUUID(),
    interrupt: randomBytes(16).toString("hex"),
    cron: randomUUID(),
    namespace: "plans-of-none",
    sha256: randomBytes(32).toString("hex"),
  });

  /** All there is to see of the things. */
  const seenBy = async ({ client, headers }: Caller, things: Things) => {
    const threads = [things.thread, things.busyThread, things.pausedThread];
    const file = await server.get(`/files/${things.sha256}`, { headers });
    return JSON.stringify([
      await client.assistants.get(things.assistant),
      await client.assistants.getVersions(things.assistant),
      await Promise.all(threads.map((id) => client.threads.get(id))),
      await Promise.all(threads.map((id) => client.runs.list(id))),
      await Promise.all(threads.map((id) => client.threads.getHistory(id))),
      await client.crons.search(),
      await client.store.searchItems([]),
      await client.assistants.count(),
      await client.threads.count(),
      file.headers.get("content-disposition"),
      await file.text(),
    ]);
  };

  /** An answer, with ids and times named after what they are. */
  const answerOf = async (who: Caller, method: string, one: Try, things: Things, own: Things) => {
    const stop = new AbortController();
    const response = await send(who, method, one, stop.signal);
    const text = one.isEndless === true ? "" : await response.text();
    stop.abort();
    const headers = [...response.headers]
      .filter(([name]) => !["date", "x-request-id", "content-length"].includes(name))
      .map((pair) => pair.join(": "));
    const all = [response.status, ...headers, text].join("\n");
    const names = [things, own].flatMap((group, index) =>
      Object.entries(group).map(([name, id]): [string, string] => [id, `<${index} ${name}>`]),
    );
    return names
      .reduce((so, [id, name]) => so.replaceAll(id, name), all)
      .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "<id>")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");
  };

  return { send, upload, thingsOf, nothing, seenBy, answerOf };
};
