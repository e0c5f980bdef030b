// What Agent Inbox and Agent Chat UI send, request by request, and what they read from the answers.
import { randomUUID } from "node:crypto";
import type { Thread } from "@langchain/langgraph-sdk";
import { startServer, type TestServer } from "../fixtures/server.ts";
import { QUESTIONS } from "../runs/graphs/inbox.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({});
});
afterAll(() => server.close());

type Shape = keyof typeof QUESTIONS;
const SHAPES = Object.keys(QUESTIONS) as Shape[];

const send = async (path: string, body: unknown): Promise<unknown> => {
  const answer = await server.post(path, body);
  expect(answer.status).toBe(200);
  return answer.json();
};

const asked = async (shape: Shape): Promise<string> => {
  const { thread_id } = (await send("/threads", { metadata: {} })) as Thread;
  await send(`/threads/${thread_id}/runs/wait`, { assistant_id: "inbox", input: { shape } });
  return thread_id;
};

const thread = async (id: string): Promise<Thread> =>
  (await (await server.get(`/threads/${id}`)).json()) as Thread;

/** Names and data of the events of a stream. */
const events = async (path: string, body: unknown): Promise<{ event: string; data: unknown }[]> => {
  const answer = await server.post(path, body);
  expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
  return (await answer.text())
    .split(/\r?\n\r?\n/)
    .filter((frame) => /^data:/m.test(frame))
    .map((frame) => ({
      event: /^event: ?(.*)$/m.exec(frame)?.[1] ?? "",
      data: JSON.parse(/^data: ?(.*)$/m.exec(frame)?.[1] ?? "null") as unknown,
    }));
};

/** All that the thread asks, as the inbox reads it. */
const questionsOf = ({ interrupts }: Thread): unknown[] =>
  Object.values(interrupts).flatMap((list) => list.map(({ value }) => value));

describe("Agent Inbox", () => {
  it("learns what server this is, without a key", async () => {
    const info = (await (await server.get("/info")).json()) as Record<string, unknown>;
    expect(info).toMatchObject({ version: expect.any(String), flags: { assistants: true } });
  });

  it("lists paused threads of a graph with their questions, whatever shape they have", async () => {
    const ids = await Promise.all(SHAPES.map(asked));
    const found = (await send("/threads/search", {
      offset: 0,
      limit: 100,
      status: "interrupted",
      metadata: { graph_id: "inbox" },
    })) as Thread[];
    for (const [at, shape] of SHAPES.entries()) {
      const one = found.find(({ thread_id }) => thread_id === ids[at]);
      expect(one).toMatchObject({ status: "interrupted", values: { shape } });
      expect(one === undefined ? [] : questionsOf(one)).toEqual([QUESTIONS[shape]]);
    }
  });

  it("finds them by the id of the assistant, page by page, and others not", async () => {
    const id = await asked("inbox");
    const { assistant_id } = (await (await server.get("/assistants/inbox")).json()) as {
      assistant_id: string;
    };
    const search = async (metadata: unknown, offset: number): Promise<string[]> =>
      ((await send("/threads/search", { offset, limit: 1, metadata })) as Thread[]).map(
        ({ thread_id }) => thread_id,
      );
    expect(await search({ assistant_id }, 0)).toEqual([id]);
    expect(await search({ assistant_id }, 1)).not.toEqual([id]);
    expect(await search({ assistant_id: randomUUID() }, 0)).toEqual([]);
  });

  it.each([
    ["accept", { type: "accept", args: null }],
    ["edit", { type: "edit", args: { action: "send", args: { to: "bob" } } }],
    ["response", { type: "response", args: "rather not" }],
  ])("answers by a stream of events: %s", async (_name, answer) => {
    const id = await asked("inbox");
    const said = await events(`/threads/${id}/runs/stream`, {
      assistant_id: "inbox",
      command: { resume: [answer] },
      stream_mode: "events",
    });
    expect(said.some(({ event }) => event.startsWith("error"))).toBe(false);
    // It shows the node under way from these.
    const nodes = said
      .map(({ data }) => data as { event?: string; metadata?: { langgraph_node?: string } })
      .filter(({ event }) => event === "on_chain_start")
      .map(({ metadata }) => metadata?.langgraph_node);
    expect(nodes).toContain("ask");
    expect(nodes).toContain("act");
    expect(await thread(id)).toMatchObject({
      status: "idle",
      interrupts: {},
      values: { answer: [answer] },
    });
  });

  it("ignores by a run that nobody waits for", async () => {
    const id = await asked("inbox");
    await send(`/threads/${id}/runs`, {
      assistant_id: "inbox",
      command: { resume: [{ type: "ignore", args: null }] },
    });
    await vi.waitFor(async () => expect((await thread(id)).status).toBe("idle"));
    expect((await thread(id)).values).toMatchObject({ answer: [{ type: "ignore", args: null }] });
  });

  it.each(SHAPES)("resolves a thread that asks (%s) by ending it", async (shape) => {
    const id = await asked(shape);
    await send(`/threads/${id}/state`, { values: null, as_node: "__end__" });
    expect(await thread(id)).toMatchObject({ status: "idle", interrupts: {} });
    const state = (await (await server.get(`/threads/${id}/state`)).json()) as { next: string[] };
    expect(state.next).toEqual([]);
    const waiting = (await send("/threads/search", {
      status: "interrupted",
      metadata: { graph_id: "inbox" },
      limit: 100,
      offset: 0,
    })) as Thread[];
    expect(waiting.map(({ thread_id }) => thread_id)).not.toContain(id);
  });
});

describe("Agent Chat UI", () => {
  const HOW = { stream_mode: ["values"], stream_subgraphs: true, stream_resumable: true };

  it("asks whether the server is there, with its own headers", async () => {
    const answer = await server.get("/info", {
      headers: { "x-api-key": "", "x-auth-scheme": "langsmith-api-key" },
    });
    expect(answer.ok).toBe(true);
  });

  it("talks, and lists the thread beside the others with its first message", async () => {
    const { thread_id: id } = (await send("/threads", { metadata: {} })) as Thread;
    const said = await events(`/threads/${id}/runs/stream`, {
      assistant_id: "talking",
      input: { messages: [{ id: randomUUID(), type: "human", content: "double 21" }] },
      on_disconnect: "continue",
      ...HOW,
      stream_mode: ["values", "messages-tuple", "custom"],
    });
    expect(new Set(said.map(({ event }) => event.split("|")[0]))).toEqual(
      new Set(["metadata", "values", "messages"]),
    );
    const found = (await send("/threads/search", {
      metadata: { graph_id: "talking" },
      limit: 100,
    })) as Thread<{ messages: { type: string; content: string }[] }>[];
    const mine = found.find(({ thread_id }) => thread_id === id);
    expect(mine?.values.messages[0]).toMatchObject({ type: "human", content: "double 21" });
    expect(mine?.values.messages.map(({ type }) => type)).toEqual(["human", "ai", "tool", "ai"]);
  });

  it("answers with decisions beside an empty input", async () => {
    const id = await asked("langchain");
    const resume = { decisions: [{ type: "approve" }] };
    await events(`/threads/${id}/runs/stream`, {
      assistant_id: "inbox",
      input: {},
      command: { resume },
      stream_mode: ["values", "messages-tuple", "custom"],
    });
    expect(await thread(id)).toMatchObject({ status: "idle", values: { answer: resume } });
  });

  it("sends an open question to the end, and LangGraph asks it again", async () => {
    const id = await asked("langchain");
    const said = await events(`/threads/${id}/runs/stream`, {
      assistant_id: "inbox",
      input: {},
      command: { goto: "__end__" },
      stream_mode: ["values"],
    });
    expect(said.filter(({ event }) => event === "error")).toEqual([]);
    const again = await thread(id);
    expect(again.status).toBe("interrupted");
    expect(questionsOf(again)).toEqual([QUESTIONS.langchain]);
  });

  it("regenerates and edits from the checkpoint before a message", async () => {
    const { thread_id: id } = (await send("/threads", { metadata: {} })) as Thread;
    const input = { messages: [{ id: "h1", type: "human", content: "double 21" }] };
    await events(`/threads/${id}/runs/stream`, { assistant_id: "talking", input, ...HOW });
    const history = (await send(`/threads/${id}/history`, { limit: 1000 })) as {
      values: { messages?: { id: string }[] };
      parent_checkpoint: { thread_id?: string; checkpoint_id: string } | null;
    }[];
    const first = history.findLast(({ values }) =>
      values.messages?.some(({ id: message }) => message === "h1"),
    );
    const { thread_id: _dropped, ...checkpoint } = first?.parent_checkpoint ?? {
      checkpoint_id: "",
    };
    await events(`/threads/${id}/runs/stream`, {
      assistant_id: "talking",
      input: { messages: [{ id: "h2", type: "human", content: "other words" }] },
      checkpoint,
      ...HOW,
    });
    const { values } = (await thread(id)) as Thread<{ messages: { id: string }[] }>;
    expect(values.messages.map(({ id: message }) => message)).not.toContain("h1");
    expect(values.messages[0]?.id).toBe("h2");
    expect((await send(`/threads/${id}/history`, { limit: 1000 })) as unknown[]).toHaveLength(
      history.length * 2,
    );
  });
});
