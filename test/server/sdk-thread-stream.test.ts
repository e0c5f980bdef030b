// The SDK's own client of protocol v2, over both of its transports.
import { WebSocket } from "ws";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({});
});
afterAll(() => server.close());

const TRANSPORTS = [
  { name: "SSE", options: {} },
  {
    name: "WebSocket",
    options: {
      transport: "websocket" as const,
      webSocketFactory: (url: string) => new WebSocket(url) as unknown as globalThis.WebSocket,
    },
  },
];

describe.each(TRANSPORTS)("over $name", ({ options }) => {
  it("starts a run and reads its output", async () => {
    const thread = server.client().threads.stream({ assistantId: "chain", ...options });
    try {
      await thread.run.start({ input: { goal: "g" } });
      expect(await thread.output).toMatchObject({ log: ["first", "second", "third"] });
    } finally {
      await thread.close();
    }
  });

  it("hears a question and answers it", async () => {
    const thread = server.client().threads.stream({ assistantId: "asking", ...options });
    try {
      const asked = await thread.subscribe(["input"]);
      const questions = asked[Symbol.asyncIterator]();
      await thread.run.start({ input: {} });
      const first = (await questions.next()).value as unknown as {
        params: { data: { interrupt_id: string; payload: unknown }; namespace: string[] };
      };
      expect(first.params.data.payload).toBe("first?");
      await thread.input.respond({
        namespace: first.params.namespace,
        interrupt_id: first.params.data.interrupt_id,
        response: "one",
      });
      await vi.waitFor(async () => {
        const { tasks } = await server.client().threads.getState(thread.threadId);
        expect(tasks[0]?.interrupts[0]?.value).toBe("second?");
      });
    } finally {
      await thread.close();
    }
  });

  it("streams messages", async () => {
    const thread = server.client().threads.stream({ assistantId: "talking", ...options });
    try {
      const texts: Promise<string>[] = [];
      const read = (async () => {
        for await (const message of thread.messages) {
          texts.push(Promise.resolve(message.text));
          if (texts.length === 2) return;
        }
      })();
      await thread.run.start({ input: { messages: [{ type: "human", content: "hi" }] } });
      await read;
      expect(await Promise.all(texts)).toEqual(["let me", "it is 42"]);
    } finally {
      await thread.close();
    }
  });
});
