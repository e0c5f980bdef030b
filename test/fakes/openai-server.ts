// A scripted stand-in for an OpenAI-compatible server: a real HTTP server on a real socket, whose
// answers and faults come from a function. It is no model and does not pretend to be one.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { completion, completionChunks, type ChatRequest, type Reply } from "./openai-wire.ts";

export type { ChatRequest, Reply } from "./openai-wire.ts";

/** Something that goes wrong, as data. `after` counts the events of a stream that still arrive. */
export type Fault =
  | {
      fault: "status";
      status: number;
      headers?: Record<string, string>;
      message?: string;
      code?: string;
    }
  /** Takes the request and never answers. */
  | { fault: "hang" }
  /** Closes the connection without an answer. */
  | { fault: "reset" }
  /** Breaks the connection in the middle of the stream. */
  | { fault: "cut"; after: number; reply: Reply }
  /** Ends the stream in the middle, in good order: only the end of the answer is missing. */
  | { fault: "end-early"; after: number; reply: Reply }
  /** Stops sending in the middle of the stream, with the connection open. */
  | { fault: "stall"; after: number; reply: Reply }
  | { fault: "empty-choices" };

export type Script = (
  request: ChatRequest,
  /** From 1. */
  n: number,
) => Reply | Fault | Promise<Reply | Fault>;

export interface OpenAIServer {
  /** To be given as OPENAI_BASE_URL; ends in /v1. */
  readonly url: string;
  readonly requests: ChatRequest[];
  close(): Promise<void>;
}

export interface OpenAIServerOptions {
  /** When given, requests with another key are answered 401. */
  readonly key?: string;
  /** Awaited before each event of a stream: lets a test hold a slow stream in its hands. */
  readonly pace?: () => Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1 that answers as the script says. */
export const startOpenAIServer = async (
  script: Script,
  options: OpenAIServerOptions = {},
): Promise<OpenAIServer> => {
  const requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    handle(request, response, script, requests, options).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else fail(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const handle = async (
  request: IncomingMessage,
  response: ServerResponse,
  script: Script,
  requests: ChatRequest[],
  options: OpenAIServerOptions,
): Promise<void> => {
  if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
    fail(response, 401, "Incorrect API key provided", "invalid_api_key");
    return;
  }
  if (request.method === "GET" && request.url === "/v1/models") {
    json(response, 200, { object: "list", data: [{ id: "scripted", object: "model" }] });
    return;
  }
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
    fail(response, 404, `Unknown request ${request.method} ${request.url}`);
    return;
  }
  const body = JSON.parse(await text(request)) as ChatRequest;
  requests.push(body);
  const n = requests.length;
  const answer = await script(body, n);
  if ("fault" in answer) await goWrong(response, body, answer, n, options);
  else if (body.stream === true) await stream(response, completionChunks(body, answer, n), options);
  else json(response, 200, completion(body, answer, n));
};

const goWrong = async (
  response: ServerResponse,
  request: ChatRequest,
  fault: Fault,
  n: number,
  options: OpenAIServerOptions,
): Promise<void> => {
  switch (fault.fault) {
    case "status":
      fail(response, fault.status, fault.message ?? "scripted fault", fault.code, fault.headers);
      return;
    case "hang":
      return;
    case "reset":
      response.destroy();
      return;
    case "empty-choices":
      json(response, 200, { ...completion(request, {}, n), choices: [] });
      return;
    case "cut":
    case "stall":
    case "end-early": {
      const events = completionChunks(request, fault.reply, n).slice(0, fault.after);
      await sendEvents(response, events, options);
      if (fault.fault === "cut") response.destroy();
      if (fault.fault === "end-early") response.end();
    }
  }
};

const stream = async (
  response: ServerResponse,
  events: readonly object[],
  options: OpenAIServerOptions,
): Promise<void> => {
  await sendEvents(response, events, options);
  response.end("data: [DONE]\n\n");
};

const sendEvents = async (
  response: ServerResponse,
  events: readonly object[],
  { pace }: OpenAIServerOptions,
): Promise<void> => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    await pace?.();
    // Written out before the next step, so that a cut comes after what was to arrive.
    await new Promise<void>((resolve) => {
      response.write(`data: ${JSON.stringify(event)}\n\n`, () => resolve());
    });
  }
};

const fail = (
  response: ServerResponse,
  status: number,
  message: string,
  code: string | null = null,
  headers: Record<string, string> = {},
): void =>
  json(response, status, { error: { message, type: "scripted", param: null, code } }, headers);

const json = (
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};
