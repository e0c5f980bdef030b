// Protocol v2: commands over HTTP, events over SSE, or both over one WebSocket.
import { upgradeWebSocket } from "@hono/node-server";
import { z } from "zod";
import { json } from "../http/answer.ts";
import { type Call, type Route, route } from "../http/define-route.ts";
import { eventStream, type Frame } from "../http/event-stream.ts";
import { Id } from "../http/schema.ts";
import { ProblemError } from "../problem.ts";
import { Command } from "../protocol/command.ts";
import { type Filter, frameJson, isWanted } from "../protocol/frame.ts";

const tag = "Protocol v2";
const group = "threads";
const Params = z.object({ thread_id: Id });
type Params = z.infer<typeof Params>;

const commands = route({
  method: "post",
  path: "/threads/{thread_id}/commands",
  tag,
  group,
  summary: "Send a command",
  description:
    "run.start, input.respond, agent.getTree, state.get, state.listCheckpoints, state.fork. What goes wrong is an answer of type `error` with status 200.",
  params: Params,
  body: Command,
  answers: {
    200: {
      description: "the answer",
      schema: z.looseObject({ type: z.enum(["success", "error"]), id: z.int().nullable() }),
    },
  },
  handle: async (call) => {
    const { runCommand } = await import("../protocol/commands.ts");
    return json(await runCommand({ call, threadId: call.params.thread_id }, call.body));
  },
});

async function* framesOf(
  call: Call<Params, unknown, unknown>,
  filter: Filter,
  stop: AbortSignal,
): AsyncGenerator<Frame> {
  const { thread_id: threadId } = call.params;
  const { scope } = await call.authorize("threads", "read", { thread_id: threadId });
  const { threadFrames } = await import("../protocol/thread-frames.ts");
  for await (const frame of threadFrames(call.platform, scope, threadId, stop))
    if (isWanted(frame, filter))
      yield {
        id: frame.eventId,
        event: frame.method,
        data: frameJson(frame, call.platform.clock.now()),
      };
}

const MAX_CHANNELS = 100;

const events = route({
  method: "post",
  path: "/threads/{thread_id}/stream/events",
  tag,
  group,
  summary: "Follow a thread's events",
  description:
    "The latest runs from their start, then all that come, until the client leaves. A thread that does not exist yet is silent.",
  params: Params,
  body: z.strictObject({
    channels: z.array(z.string().max(255)).max(MAX_CHANNELS),
    namespaces: z.array(z.array(z.string())).max(MAX_CHANNELS).optional(),
    depth: z.int().min(0).optional(),
    since: z.int().min(0).optional(),
  }),
  answers: {
    200: { description: "server-sent events", mime: "text/event-stream" },
  },
  handle: async (call) => {
    // Before the first byte: who may not read is told so by the status.
    await call.authorize("threads", "read", { thread_id: call.params.thread_id });
    const stop = new AbortController();
    return eventStream(call, framesOf(call, call.body, stop.signal), { caller: call.caller, stop });
  },
});

/** Below this a send is not waited for. */
const BUFFERED_BYTES = 64 * 1024;

interface RawSocket {
  readonly bufferedAmount: number;
  send(text: string, done: (error?: Error) => void): void;
}

const sendTo =
  (raw: RawSocket) =>
  (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const isFull = raw.bufferedAmount > BUFFERED_BYTES;
      raw.send(text, (error) => {
        if (!isFull) return;
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
      if (!isFull) resolve();
    });

const socket = route({
  method: "get",
  path: "/threads/{thread_id}/stream/events",
  tag,
  group,
  summary: "Open a WebSocket for commands and events",
  params: Params,
  answers: {
    101: { description: "the connection is a WebSocket now" },
    426: { description: "the request asks for no WebSocket" },
  },
  handle: async (call) => {
    if (call.context.req.header("upgrade")?.toLowerCase() !== "websocket")
      throw new ProblemError({
        status: 426,
        code: "REQUEST_INVALID",
        detail: "this path is a WebSocket; for server-sent events use POST",
        headers: { upgrade: "websocket" },
      });
    const { thread_id: threadId } = call.params;
    await call.authorize("threads", "read", { thread_id: threadId });
    const release = call.limits.stream(call.caller);
    const { SocketSession } = await import("../protocol/socket-session.ts");
    let session: InstanceType<typeof SocketSession> | undefined;
    let onClosing: (() => void) | undefined;
    const end = (): void => {
      session?.close();
      release();
      if (onClosing !== undefined) call.closing.removeEventListener("abort", onClosing);
    };
    const answer = await upgradeWebSocket(() => ({
      onOpen: (_event, ws) => {
        const raw = ws.raw as unknown as RawSocket;
        session = new SocketSession(
          { call, threadId },
          { send: sendTo(raw), close: (code, reason) => ws.close(code, reason) },
        );
        onClosing = () => ws.close(1001, "the server closes");
        call.closing.addEventListener("abort", onClosing, { once: true });
      },
      onMessage: (event) => void session?.receive(String(event.data)),
      onClose: end,
      onError: end,
    }))(call.context, () => Promise.resolve());
    if (!(answer instanceof Response)) throw new Error("the connection cannot be upgraded");
    return answer;
  },
});

export const protocolRoutes: readonly Route[] = [commands, events, socket];
