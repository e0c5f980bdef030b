// Streams of events: order, ids, joining late and often, coming back, leaving, and reading slowly.
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import type { Client } from "@langchain/langgraph-sdk";
import { watch } from "../runs/graphs/slow.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await startServer({ heartbeatMs: 20 });
  client = server.client();
});
afterAll(() => server.close());

interface Part {
  readonly id?: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

const collect = async (stream: AsyncIterable<unknown>): Promise<Part[]> => {
  const found: Part[] = [];
  for await (const part of stream) found.push(part as Part);
  return found;
};

const newThread = async (): Promise<string> => (await client.threads.create()).thread_id;

/** Waits until the node of the slow graph has begun. */
const untilBegun = (): Promise<void> =>
  new Promise((resolve) => {
    watch.begun = resolve;
  });

describe("a run's stream", () => {
  it("begins with metadata, counts from 0, and names its modes", async () => {
    const thread = await newThread();
    const parts = await collect(
      client.runs.stream(thread, "chain", {
        input: { goal: "g" },
        streamMode: ["values", "updates"],
      }),
    );
    expect(parts[0]).toMatchObject({ id: "0", event: "metadata", data: { attempt: 1 } });
    expect(parts.map(({ id }) => id)).toEqual(parts.map((_part, i) => String(i)));
    expect(new Set(parts.map(({ event }) => event))).toEqual(
      new Set(["metadata", "values", "updates"]),
    );
    expect(parts.at(-1)?.data).toMatchObject({ log: ["first", "second", "third"] });
    expect((await client.threads.get(thread)).status).toBe("idle");
  });

  it("says where the run is, and where to come back to when it can be resumed", async () => {
    const thread = await newThread();
    const response = await server.post(`/threads/${thread}/runs/stream`, {
      assistant_id: "chain",
      input: {},
      stream_resumable: true,
    });
    await response.text();
    const at = response.headers.get("content-location") ?? "";
    expect(at).toMatch(new RegExp(`^/threads/${thread}/runs/[\\da-f-]{36}$`));
    expect(response.headers.get("location")).toBe(`${at}/stream`);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
  });

  it("names the subgraph an event comes from", async () => {
    const parts = await collect(
      client.runs.stream(await newThread(), "asking", {
        input: {},
        streamMode: "updates",
        streamSubgraphs: true,
      }),
    );
    expect(parts.map(({ event }) => event.split(":")[0])).toEqual(
      expect.arrayContaining(["metadata", "updates", "updates|asker"]),
    );
    expect(parts.at(-1)?.data).toMatchObject({ __interrupt__: [{ value: "first?" }] });
  });

  it("streams tokens", async () => {
    const parts = await collect(
      client.runs.stream(await newThread(), "talking", {
        input: { messages: [{ type: "human", content: "hi" }] },
        streamMode: "messages-tuple",
      }),
    );
    const tokens = parts.filter(({ event }) => event === "messages");
    expect(tokens.length).toBeGreaterThan(3);
    expect(tokens.at(0)?.data).toMatchObject([{ type: "ai", content: "let " }, {}]);
  });

  it("ends with the error of a run that fails", async () => {
    const parts = await collect(
      client.runs.stream(await newThread(), "slow", { input: { how: "fails" } }),
    );
    expect(parts.at(-1)).toMatchObject({
      event: "error",
      data: { error: "Broken", message: "no luck" },
    });
  });

  it("is the same for all who join it, early, late or after the end", async () => {
    const thread = await newThread();
    const release = Promise.withResolvers<void>();
    watch.release = release.promise;
    const begun = untilBegun();
    const run = await client.runs.create(thread, "slow", { input: { how: "hangs" } });
    const early = [1, 2, 3].map(() => collect(client.runs.joinStream(thread, run.run_id)));
    await begun;
    const late = collect(client.runs.joinStream(thread, run.run_id, { lastEventId: "-1" }));
    release.resolve();
    const [first, ...others] = await Promise.all([...early, late]);
    expect(first?.at(0)?.event).toBe("metadata");
    expect(first?.at(-1)?.data).toMatchObject({ log: "worked" });
    for (const other of others) expect(other).toEqual(first);
    const after = await collect(
      client.runs.joinStream(thread, run.run_id, { lastEventId: first?.at(-2)?.id ?? "" }),
    );
    expect(after).toEqual(first?.slice(-1));
  });

  it("gives a joiner only the modes it asks for, with the same ids", async () => {
    const thread = await newThread();
    const run = await client.runs.create(thread, "chain", {
      input: {},
      streamMode: ["values", "updates"],
    });
    const all = await collect(client.runs.joinStream(thread, run.run_id));
    const some = await collect(
      client.runs.joinStream(thread, run.run_id, { streamMode: ["updates"] }),
    );
    expect(some).toEqual(all.filter(({ event }) => event === "metadata" || event === "updates"));
  });

  it("of a run that is not there is an event that says so", async () => {
    const parts = await collect(client.runs.joinStream(await newThread(), randomUUID()));
    expect(parts).toMatchObject([{ event: "error", data: { message: "404: Run not found" } }]);
  });

  it("keeps a silent connection alive with comments", async () => {
    const release = Promise.withResolvers<void>();
    watch.release = release.promise;
    const response = await server.post(`/threads/${await newThread()}/runs/stream`, {
      assistant_id: "slow",
      input: { how: "hangs" },
    });
    const decoder = new TextDecoder();
    let text = "";
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece as Uint8Array);
      if (text.split(": heartbeat\n\n").length > 2) release.resolve();
    }
    expect(text).toContain(": heartbeat\n\n");
    expect(text).toContain('"worked"');
  });
});

describe("a client that leaves", () => {
  const leave = async (body: object): Promise<{ thread: string; run: string }> => {
    const thread = await newThread();
    const begun = untilBegun();
    const controller = new AbortController();
    const response = await server.get(`/threads/${thread}/runs/stream`, {
      method: "POST",
      body: JSON.stringify({ assistant_id: "slow", input: { how: "listens" }, ...body }),
      signal: controller.signal,
    });
    const run = response.headers.get("content-location")?.split("/").at(-1) ?? "";
    await begun;
    controller.abort();
    return { thread, run };
  };

  it("takes its run with it when it said so", async () => {
    const { thread, run } = await leave({ on_disconnect: "cancel" });
    await client.runs.join(thread, run);
    expect((await client.runs.get(thread, run)).status).toBe("interrupted");
  });

  it("leaves its run alone otherwise", async () => {
    const { thread, run } = await leave({});
    expect((await client.runs.get(thread, run)).status).toBe("running");
    await client.runs.cancel(thread, run, true);
  });

  it("leaves nothing open", async () => {
    await vi.waitFor(async () => {
      const text = await (await server.get("/metrics")).text();
      expect(text).toMatch(/^tutti_streams_open 0$/m);
    });
  });
});

describe("waiting for a run", () => {
  it("sends white space until the answer is there", async () => {
    const release = Promise.withResolvers<void>();
    watch.release = release.promise;
    const response = await server.post(`/threads/${await newThread()}/runs/wait`, {
      assistant_id: "slow",
      input: { how: "hangs" },
    });
    expect(response.headers.get("content-location")).toContain("/runs/");
    let text = "";
    for await (const piece of response.body ?? []) {
      text += new TextDecoder().decode(piece as Uint8Array);
      release.resolve();
    }
    expect(text.startsWith("\n")).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ log: "worked" });
  });

  it("cancels the run of a client that leaves, when it said so", async () => {
    const thread = await newThread();
    const begun = untilBegun();
    const controller = new AbortController();
    const waiting = server
      .get(`/threads/${thread}/runs/wait`, {
        method: "POST",
        body: JSON.stringify({
          assistant_id: "slow",
          input: { how: "listens" },
          on_disconnect: "cancel",
        }),
        signal: controller.signal,
      })
      .then((response) => response.text());
    await begun;
    controller.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    const [run] = await client.runs.list(thread);
    await client.runs.join(thread, run?.run_id ?? "");
    expect((await client.runs.get(thread, run?.run_id ?? "")).status).toBe("interrupted");
  });
});

describe("a slow reader", () => {
  it("neither delays the run nor other readers, and misses nothing", async () => {
    const thread = await newThread();
    const text = "x".repeat(500_000);
    const run = await client.runs.create(thread, "chain", {
      input: { goal: text },
      streamMode: ["values", "debug"],
    });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /threads/${thread}/runs/${run.run_id}/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    socket.pause();
    const others = await collect(client.runs.joinStream(thread, run.run_id));
    expect((await client.runs.get(thread, run.run_id)).status).toBe("success");
    let bytes = 0;
    let tail = "";
    for await (const piece of socket) {
      bytes += (piece as Buffer).length;
      tail = (tail + (piece as Buffer).toString()).slice(-4_000);
    }
    const expected = others.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
    expect(bytes).toBeGreaterThan(expected);
    expect(tail).toContain(`id: ${others.at(-1)?.id}`);
  });
});

describe("a thread's stream", () => {
  it("follows runs one after the other, and goes on behind an event", async () => {
    const thread = await newThread();
    const controller = new AbortController();
    const stream = await server.get(
      `/threads/${thread}/stream?stream_mode=run_modes&stream_mode=lifecycle`,
      { signal: controller.signal },
    );
    for (let i = 0; i < 2; i += 1) await client.runs.wait(thread, "chain", { input: {} });
    let text = "";
    for await (const piece of stream.body ?? []) {
      text += new TextDecoder().decode(piece as Uint8Array);
      if (text.split("run_end").length > 2) break;
    }
    const starts = [...text.matchAll(/"event":"run_start","run_id":"([\da-f-]+)"/g)];
    expect(new Set(starts.map(([, id]) => id)).size).toBe(2);
    const ids = [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id);
    const again = await server.get(`/threads/${thread}/stream`, {
      headers: { "last-event-id": ids.at(0) ?? "" },
      signal: controller.signal,
    });
    let rest = "";
    for await (const piece of again.body ?? []) {
      rest += new TextDecoder().decode(piece as Uint8Array);
      if (rest.split("third").length > 2) break;
    }
    const restIds = [...rest.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id);
    expect(restIds).not.toContain(ids.at(0));
    expect(restIds[0]?.endsWith(":2")).toBe(true);
    controller.abort();
  });

  it("of an unknown thread is 404", async () => {
    expect((await server.get(`/threads/${randomUUID()}/stream`)).status).toBe(404);
  });
});

describe("a server that closes", () => {
  it("ends its streams and cancels no run", async () => {
    const other = await startServer({});
    const threads = other.client().threads;
    const { thread_id } = await threads.create();
    const begun = untilBegun();
    const response = await other.post(`/threads/${thread_id}/runs/stream`, {
      assistant_id: "slow",
      input: { how: "listens" },
      on_disconnect: "cancel",
    });
    await begun;
    const cancel = vi.spyOn(other.platform.runs, "cancel");
    const [text] = await Promise.all([response.text(), other.close()]);
    expect(text).toContain("metadata");
    expect(cancel).not.toHaveBeenCalled();
  });
});
