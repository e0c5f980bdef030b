// Protocol v2: commands, events over SSE and over a WebSocket, questions and answers.
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ heartbeatMs: 20 });
});
afterAll(() => server.close());

interface Event {
  readonly type: string;
  readonly event_id: string;
  readonly seq: number;
  readonly method: string;
  readonly params: {
    readonly namespace: string[];
    readonly data: Record<string, unknown>;
    readonly node?: string;
  };
}

let id = 0;
const command = async (thread: string, method: string, params: object = {}) => {
  id += 1;
  const response = await server.post(`/threads/${thread}/commands`, { id, method, params });
  return (await response.json()) as {
    type: string;
    id: number;
    error?: string;
    message?: string;
    result: Record<string, unknown>;
  };
};

const ALL = ["values", "updates", "messages", "tools", "lifecycle", "input", "tasks", "custom"];

/** Events until one of them is the last that is wanted. */
const follow = async (
  thread: string,
  isLast: (event: Event) => boolean,
  filter: object = { channels: ALL },
): Promise<Event[]> => {
  const response = await server.post(`/threads/${thread}/stream/events`, filter);
  const events: Event[] = [];
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as Event;
      expect(/^id: (.*)$/m.exec(frame)?.[1]).toBe(event.event_id);
      expect(/^event: (.*)$/m.exec(frame)?.[1]).toBe(event.method);
      events.push(event);
      if (isLast(event)) return events;
    }
  }
  return events;
};

const isRootLifecycle =
  (...states: string[]) =>
  ({ method, params }: Event): boolean =>
    method === "lifecycle" &&
    params.namespace.length === 0 &&
    states.includes(String(params.data["event"]));

describe("a run over HTTP and SSE", () => {
  it("makes its thread, and tells all its events to who was there before", async () => {
    const thread = randomUUID();
    const following = follow(thread, isRootLifecycle("completed"));
    const started = await command(thread, "run.start", {
      assistant_id: "chain",
      input: { goal: "g" },
    });
    expect(started).toMatchObject({ type: "success", result: { run_id: expect.any(String) } });
    const events = await following;
    expect(events[0]?.params.data).toEqual({ event: "running", graph_name: "chain" });
    const seqs = events.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const runId = String(started.result["run_id"]);
    expect(events[0]?.event_id.startsWith(`synth:${runId}:`)).toBe(true);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    expect(events.filter(({ method }) => method === "values").at(-1)?.params.data).toMatchObject({
      log: ["first", "second", "third"],
    });
    const updates = events.filter(({ method }) => method === "updates");
    expect(updates.map(({ params }) => params.node)).toEqual(["first", "second", "third"]);
    expect((await server.client().runs.get(thread, runId)).status).toBe("success");
  });

  it("is told the same to who comes later", async () => {
    const thread = randomUUID();
    await command(thread, "run.start", { assistant_id: "chain", input: {} });
    const first = await follow(thread, isRootLifecycle("completed"));
    const again = await follow(thread, isRootLifecycle("completed"));
    const bare = (events: Event[]) => events.map(({ event_id, seq }) => ({ event_id, seq }));
    expect(bare(again)).toEqual(bare(first));
    const since = first.at(-3)?.seq ?? 0;
    const rest = await follow(thread, isRootLifecycle("completed"), { channels: ALL, since });
    expect(bare(rest)).toEqual(bare(first.slice(-2)));
  });

  it("goes on in numbers over the runs of a thread", async () => {
    const thread = randomUUID();
    for (let i = 0; i < 2; i += 1)
      await command(thread, "run.start", { assistant_id: "chain", input: {} });
    let ends = 0;
    const events = await follow(thread, (event) => {
      if (isRootLifecycle("completed")(event)) ends += 1;
      return ends === 2;
    });
    const seqs = events.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  it("says that it failed, and why", async () => {
    const thread = randomUUID();
    await command(thread, "run.start", { assistant_id: "slow", input: { how: "fails" } });
    const events = await follow(thread, isRootLifecycle("failed"));
    expect(events.at(-1)?.params.data).toMatchObject({ error: "no luck" });
  });

  it("streams messages block by block", async () => {
    const thread = randomUUID();
    await command(thread, "run.start", {
      assistant_id: "talking",
      input: { messages: [{ type: "human", content: "hi" }] },
    });
    const events = await follow(thread, isRootLifecycle("completed"), {
      channels: ["messages", "lifecycle"],
    });
    const steps = events
      .filter(({ method }) => method === "messages")
      .map(({ params }) => params.data["event"]);
    expect(steps).toEqual(
      expect.arrayContaining(["message-start", "content-block-delta", "message-finish"]),
    );
  });

  it("may have been started by the older API", async () => {
    const client = server.client();
    const { thread_id } = await client.threads.create();
    await client.runs.wait(thread_id, "chain", { input: {} });
    const events = await follow(thread_id, isRootLifecycle("completed"));
    expect(events.filter(({ method }) => method === "values").at(-1)?.params.data).toMatchObject({
      log: ["first", "second", "third"],
    });
  });

  it("is filtered by channel, namespace and depth", async () => {
    const thread = randomUUID();
    await command(thread, "run.start", { assistant_id: "asking", input: {} });
    await follow(thread, isRootLifecycle("interrupted"));
    const inner = await follow(thread, ({ method }) => method === "input.requested", {
      channels: ["values", "input"],
      namespaces: [["asker"]],
    });
    for (const { params } of inner) expect(params.namespace[0]).toMatch(/^asker(:|$)/);
    const root = await follow(thread, isRootLifecycle("interrupted"), {
      channels: ["values", "lifecycle"],
      namespaces: [[]],
      depth: 0,
    });
    for (const { params } of root) expect(params.namespace).toEqual([]);
  });

  it("refuses a filter that is none", async () => {
    const bad = { channels: ["values"], unknown: 1 };
    expect((await server.post(`/threads/${randomUUID()}/stream/events`, bad)).status).toBe(422);
  });
});

describe("a question", () => {
  const pause = async (): Promise<{ thread: string; question: string }> => {
    const thread = randomUUID();
    await command(thread, "run.start", { assistant_id: "asking", input: {} });
    const events = await follow(thread, isRootLifecycle("interrupted"));
    const asked = events.filter(({ method }) => method === "input.requested");
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked.map(({ params }) => params.data["interrupt_id"])).size).toBe(asked.length);
    expect(JSON.stringify(events.filter(({ method }) => method === "values"))).not.toContain(
      "__interrupt__",
    );
    expect(asked[0]?.params.data).toMatchObject({ payload: "first?" });
    return { thread, question: String(asked[0]?.params.data["interrupt_id"]) };
  };

  it("is answered by its id, after which the run goes on", async () => {
    const { thread, question } = await pause();
    const answered = await command(thread, "input.respond", {
      namespace: [],
      interrupt_id: question,
      response: "one",
    });
    expect(answered).toMatchObject({ type: "success", result: {} });
    const isSecond = ({ method, params }: Event) =>
      method === "input.requested" && params.data["payload"] === "second?";
    const events = await follow(thread, isSecond);
    const second = String(events.at(-1)?.params.data["interrupt_id"]);
    expect(events.find(({ method }) => method === "input.answered")?.params.data).toEqual({
      interrupt_ids: [question],
    });
    await follow(thread, (event) => event.seq > (events.at(-1)?.seq ?? 0));
    await vi.waitFor(async () => {
      const done = await command(thread, "input.respond", {
        responses: [{ namespace: [], interrupt_id: second, response: "two" }],
      });
      expect(done.type).toBe("success");
    });
    const end = await follow(thread, isRootLifecycle("completed"));
    expect(end.filter(({ method }) => method === "values").at(-1)?.params.data).toMatchObject({
      answers: ["one", "two"],
    });
  });

  it("may be answered by the input of the next run", async () => {
    const { thread } = await pause();
    await command(thread, "run.start", { assistant_id: "asking", input: "one" });
    await follow(
      thread,
      ({ method, params }) => method === "input.requested" && params.data["payload"] === "second?",
    );
  });

  it("takes no answer without an id, to another question, or when none is asked", async () => {
    const { thread } = await pause();
    const respond = (params: object, at = thread) => command(at, "input.respond", params);
    expect(await respond({ response: 1 })).toMatchObject({
      type: "error",
      error: "invalid_argument",
      message: "input.respond requires an interrupt_id.",
    });
    expect(await respond({ responses: [] })).toMatchObject({ error: "invalid_argument" });
    expect(await respond({ interrupt_id: "x", response: 1 })).toMatchObject({
      error: "no_such_interrupt",
    });
    const done = randomUUID();
    expect(await respond({ interrupt_id: "x" }, done)).toMatchObject({ error: "no_such_run" });
    await command(done, "run.start", { assistant_id: "chain", input: {} });
    await follow(done, isRootLifecycle("completed"));
    expect(await respond({ interrupt_id: "x" }, done)).toMatchObject({
      error: "invalid_argument",
      message: "input.respond can only be used while the run is interrupted.",
    });
  });
});

describe("commands", () => {
  it("show the agents of a run as a tree", async () => {
    const thread = randomUUID();
    await command(thread, "run.start", { assistant_id: "asking", input: {} });
    await follow(thread, isRootLifecycle("interrupted"));
    const { result } = await command(thread, "agent.getTree");
    expect(result["tree"]).toMatchObject({
      namespace: [],
      graph_name: "asking",
      children: [{ namespace: [expect.stringMatching(/^asker/)] }],
    });
  });

  it("read the state, list checkpoints and fork from one", async () => {
    const thread = randomUUID();
    await command(thread, "run.start", { assistant_id: "chain", input: { goal: "g" } });
    await follow(thread, isRootLifecycle("completed"));
    const state = await command(thread, "state.get", { namespace: [], keys: ["goal"] });
    expect(state.result).toMatchObject({
      values: { goal: "g" },
      checkpoint: { id: expect.any(String) },
    });
    const { result } = await command(thread, "state.listCheckpoints", { limit: 3 });
    const checkpoints = result["checkpoints"] as { id: string }[];
    expect(checkpoints).toHaveLength(3);
    const forked = await command(thread, "state.fork", { checkpoint_id: checkpoints[2]?.id });
    expect(forked.result).toMatchObject({ run_id: expect.any(String), thread_id: thread });
    const run = String(forked.result["run_id"]);
    await follow(
      thread,
      (event) => event.event_id.startsWith(`synth:${run}`) && isRootLifecycle("completed")(event),
    );
    expect((await server.client().threads.getHistory(thread)).length).toBeGreaterThan(5);
  });

  it("that are none, or lack what they need, are answered as errors", async () => {
    const thread = randomUUID();
    expect(await command(thread, "run.start", { input: {} })).toMatchObject({
      type: "error",
      error: "invalid_argument",
      message: "run.start requires an assistant_id.",
    });
    expect(await command(thread, "run.start", { assistant_id: "none", input: {} })).toMatchObject({
      type: "error",
      message: expect.stringContaining("none"),
    });
    expect(await command(thread, "nonsense")).toMatchObject({
      error: "unknown_command",
      message: "Unknown protocol command: nonsense",
    });
    expect(await command(thread, "agent.getTree")).toMatchObject({ error: "no_such_run" });
    expect((await server.post(`/threads/${thread}/commands`, { method: "x" })).status).toBe(422);
  });
});

describe("a WebSocket", () => {
  const open = async (thread: string) => {
    const socket = new WebSocket(
      `${server.url.replace("http", "ws")}/threads/${thread}/stream/events`,
    );
    const received: Record<string, unknown>[] = [];
    const waiting = new Set<() => void>();
    socket.on("message", (data: Buffer) => {
      received.push(JSON.parse(data.toString()) as Record<string, unknown>);
      for (const wake of waiting) wake();
    });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const until = (isIt: (message: Record<string, unknown>) => boolean) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const look = () => {
          const found = received.find(isIt);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    const send = (message: unknown) =>
      socket.send(typeof message === "string" ? message : JSON.stringify(message));
    return { socket, received, until, send };
  };
  const isEnd = (message: Record<string, unknown>) =>
    message["type"] === "event" && isRootLifecycle("completed")(message as unknown as Event);

  it("answers a subscription first, then tells the events, each once", async () => {
    const { socket, received, until, send } = await open(randomUUID());
    send({
      id: 1,
      method: "subscription.subscribe",
      params: { channels: ["values", "lifecycle"] },
    });
    send({ id: 2, method: "subscription.subscribe", params: { channels: ["lifecycle"] } });
    send({ id: 3, method: "run.start", params: { assistant_id: "chain", input: {} } });
    await until(isEnd);
    expect(received[0]).toMatchObject({ type: "success", id: 1 });
    expect(await until(({ id: one }) => one === 3)).toMatchObject({
      type: "success",
      result: { run_id: expect.any(String) },
    });
    const ids = received.flatMap(({ event_id }) => (event_id === undefined ? [] : [event_id]));
    expect(ids.length).toBe(new Set(ids).size);
    socket.close();
  });

  it("tells a later subscription what it missed, and nothing after it is given up", async () => {
    const thread = randomUUID();
    const { socket, received, until, send } = await open(thread);
    send({ id: 1, method: "subscription.subscribe", params: { channels: ["lifecycle"] } });
    send({ id: 2, method: "run.start", params: { assistant_id: "chain", input: {} } });
    await until(isEnd);
    expect(received.some(({ method }) => method === "values")).toBe(false);
    send({ id: 3, method: "subscription.subscribe", params: { channels: ["values"] } });
    const { result } = await until(({ id: one }) => one === 3);
    const { replayed_events: count } = result as { replayed_events: number };
    await until(({ method, params }) => {
      const data = (params as Event["params"] | undefined)?.data;
      return method === "values" && JSON.stringify(data).includes("third");
    });
    expect(count).toBe(received.filter(({ method }) => method === "values").length);
    const { subscription_id } = result as { subscription_id: string };
    send({ id: 4, method: "subscription.unsubscribe", params: { subscription_id } });
    await until(({ id: one }) => one === 4);
    const before = received.filter(({ method }) => method === "values").length;
    send({ id: 5, method: "run.start", params: { assistant_id: "chain", input: {} } });
    let ends = 0;
    await until(() => {
      ends = received.filter(isEnd).length;
      return ends === 2;
    });
    expect(received.filter(({ method }) => method === "values")).toHaveLength(before);
    send({ id: 6, method: "subscription.unsubscribe", params: { subscription_id } });
    expect(await until(({ id: one }) => one === 6)).toMatchObject({
      error: "no_such_subscription",
    });
    socket.close();
  });

  it("answers what is no command", async () => {
    const { socket, until, send } = await open(randomUUID());
    send("{");
    await until(({ message }) => message === "Protocol commands must be valid JSON.");
    send(`{"id":1,"method":"run.start","params":{"input":${"[".repeat(999)}${"]".repeat(999)}}}`);
    await until(({ message }) => String(message).includes("nest so deeply"));
    send({ method: "x" });
    await until(
      ({ message }) =>
        message === "Protocol commands must include an integer id and string method.",
    );
    send({ id: 1, method: "subscription.subscribe", params: { channels: ["nonsense"] } });
    await until(({ message }) => String(message).includes("unsupported channel"));
    send({ id: 2, method: "subscription.subscribe", params: { channels: [] } });
    await until(({ message }) => String(message).includes("non-empty channels"));
    socket.close();
  });

  it("is refused to pages of other origins and on other hosts", async () => {
    const refused = (headers: Record<string, string>) =>
      new Promise((resolve) => {
        const socket = new WebSocket(
          `${server.url.replace("http", "ws")}/threads/${randomUUID()}/stream/events`,
          { headers },
        );
        socket.on("error", () => undefined);
        socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
        socket.on("open", () => resolve(101));
      });
    expect(await refused({ origin: "https://evil.example" })).toBe(403);
    expect(await refused({ host: "evil.example" })).toBe(403);
    const plain = await server.get(`/threads/${randomUUID()}/stream/events`);
    expect(plain.status).toBe(426);
  });

  it("leaves nothing open when it closes", async () => {
    const limited = await startServer({ maxStreams: 1, hasWorker: false });
    const address = `${limited.url.replace("http", "ws")}/threads/${randomUUID()}/stream/events`;
    const outcome = async (): Promise<number> => {
      const socket = new WebSocket(address);
      const status = await new Promise<number>((resolve) => {
        socket.once("open", () => resolve(101));
        socket.once("unexpected-response", (_request, { statusCode = 0 }) => resolve(statusCode));
        socket.on("error", () => undefined);
      });
      if (status === 101) held.push(socket);
      return status;
    };
    const held: WebSocket[] = [];
    expect(await outcome()).toBe(101);
    expect(await outcome()).toBe(429);
    held.pop()?.close();
    await vi.waitFor(async () => expect(await outcome()).toBe(101));
    held.pop()?.close();
    await limited.close();
  });
});
