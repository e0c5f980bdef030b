// What every answer of the server has in common: problem documents, hosts, origins, limits, ids, logs.
import { request } from "node:http";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ maxBodyBytes: 100_000, maxFileBytes: 1_000 });
});
afterAll(() => server.close());

/** A request whose headers fetch would not send. */
const raw = (
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path, headers }, (response) => {
      let body = "";
      response.on("data", (piece: Buffer) => (body += piece.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });

describe("an error", () => {
  it("is a problem document with a code, a hint and the text clients read", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    const response = await server.get(`/threads/${id}`);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      type: "urn:tutti:error:THREAD_NOT_FOUND",
      title: "Not Found",
      status: 404,
      code: "THREAD_NOT_FOUND",
      detail: `Thread with ID ${id} not found`,
      message: `Thread with ID ${id} not found`,
      instance: `/threads/${id}`,
    });
  });

  it("lists the fields of a request that is not valid", async () => {
    const response = await server.post("/threads/search", { limit: 0, status: "tired" });
    expect(response.status).toBe(422);
    const { errors, code } = (await response.json()) as { errors: object[]; code: string };
    expect(code).toBe("REQUEST_INVALID");
    expect(errors).toMatchObject([{ field: "body.status" }, { field: "body.limit" }]);
  });

  it("is 400 for a body that is no JSON, is not UTF-8, or nests too deeply", async () => {
    const bodies = ["{", "[".repeat(2_000) + "]".repeat(2_000)];
    for (const body of bodies) expect((await server.post("/threads", body)).status).toBe(400);
    const binary = await server.get("/threads", { method: "POST", body: new Uint8Array([0xff]) });
    expect(binary.status).toBe(400);
  });

  it("says which methods a path takes, and that a path is none", async () => {
    const wrongMethod = await server.get("/threads/search");
    expect(wrongMethod.status).toBe(422); // `search` could be a thread's id: it is no UUID
    const other = await server.get("/runs/batch", { method: "DELETE" });
    expect(other.status).toBe(405);
    expect(other.headers.get("allow")).toBe("POST");
    const nothing = await server.get("/internal/truncate", { method: "POST" });
    expect(nothing.status).toBe(404);
    expect(await nothing.json()).toMatchObject({ code: "ROUTE_NOT_FOUND" });
  });

  it("that is the server's own tells the client nothing but where to look", async () => {
    const broken = await startServer({ hasWorker: false });
    Object.assign(broken.platform.records.threads, {
      get: () => Promise.reject(new Error("secret of the database")),
    });
    const response = await broken.get("/threads/00000000-0000-4000-8000-000000000000");
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain("secret");
    expect(text).not.toMatch(/\bat .*\.ts/);
    const requestId = response.headers.get("x-request-id") ?? "";
    const line = broken.log.find((entry) => entry.includes("secret of the database"));
    expect(line).toContain(requestId);
    await broken.close();
  });
});

describe("a body", () => {
  it("is JSON whatever its content type says", async () => {
    const response = await server.post(
      "/threads",
      { metadata: { a: 1 } },
      { "content-type": "text/plain" },
    );
    expect(await response.json()).toMatchObject({ metadata: { a: 1 } });
  });

  it("may be left out where nothing in it is needed", async () => {
    expect((await server.get("/threads", { method: "POST" })).status).toBe(200);
  });

  it("over the limit is refused, announced or not", async () => {
    const text = JSON.stringify({ metadata: { text: "x".repeat(200_000) } });
    expect((await server.post("/threads", text)).status).toBe(413);
    const unannounced = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      },
    });
    const response = await fetch(`${server.url}/threads`, {
      method: "POST",
      body: unannounced,
      duplex: "half",
    });
    expect(response.status).toBe(413);
  });
});

describe("the Host header", () => {
  it.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:2024"])(
    "%j is not answered",
    async (host) => {
      expect((await raw("/info", { host })).status).toBe(403);
    },
  );

  it.each(["localhost:2024", "127.0.0.1", "[::1]:80", "LOCALHOST", "tutti.localhost"])(
    "%j is",
    async (host) => {
      expect((await raw("/info", { host })).status).toBe(200);
    },
  );

  it("may name what is configured", async () => {
    const other = await startServer({ allowedHosts: ["tutti.example"], hasWorker: false });
    const { port } = new URL(other.url);
    const status = await new Promise((resolve) => {
      request(
        { hostname: "127.0.0.1", port, path: "/info", headers: { host: "tutti.example:443" } },
        (response) => resolve(response.statusCode),
      ).end();
    });
    expect(status).toBe(200);
    await other.close();
  });
});

describe("a page of another origin", () => {
  const preflight = (origin: string, to = server): Promise<Response> =>
    to.get("/threads", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key",
        "access-control-request-private-network": "true",
      },
    });

  it("of Studio or of this machine may call an open server", async () => {
    for (const origin of ["https://smith.langchain.com", "http://localhost:3000"]) {
      const response = await preflight(origin);
      expect(response.status).toBe(204);
      const { headers } = response;
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-headers")).toBe("content-type,x-api-key");
      expect(headers.get("access-control-allow-private-network")).toBe("true");
    }
  });

  it("of anywhere else may not, also without a preflight", async () => {
    expect((await preflight("https://evil.example")).status).toBe(403);
    const simple = await server.post(
      "/threads",
      {},
      { origin: "https://evil.example", "content-type": "text/plain" },
    );
    expect(simple.status).toBe(403);
    expect((await server.post("/threads", {}, { origin: "null" })).status).toBe(403);
  });

  it("may read the headers that clients need", async () => {
    const response = await server.get("/info", { headers: { origin: "http://localhost:3000" } });
    expect(response.headers.get("access-control-expose-headers")).toContain("content-location");
    expect(response.headers.get("access-control-expose-headers")).toContain("x-pagination-total");
  });

  it("is any page when so configured, and when callers must hold keys", async () => {
    const any = await startServer({ cors: { allowOrigins: ["*"], maxAge: 60 }, hasWorker: false });
    const response = await preflight("https://evil.example", any);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-max-age")).toBe("60");
    await any.close();
  });
});

describe("limits", () => {
  it("answer 429 with the time to wait, and fill up again", async () => {
    let now = 1_000_000;
    const clock = { now: () => now };
    const limited = await startServer({
      clock,
      rateLimit: { burst: 2, perSecond: 0.5 },
      hasWorker: false,
    });
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await limited.get("/ok")).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await limited.get("/ok");
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED" });
    now += 2_000;
    expect((await limited.get("/ok")).status).toBe(200);
    await limited.close();
  });

  it("hold for streams that are open, and are given back when they close", async () => {
    const limited = await startServer({ maxStreams: 1, hasWorker: false });
    const { thread_id } = await limited.client().threads.create();
    const open = () =>
      limited.post(`/threads/${thread_id}/stream/events`, { channels: ["values"] });
    const first = await open();
    expect(first.status).toBe(200);
    expect((await open()).status).toBe(429);
    await first.body?.cancel();
    await vi.waitFor(async () => {
      const again = await open();
      await again.body?.cancel();
      expect(again.status).toBe(200);
    });
    await limited.close();
  });
});

describe("a waiting request beyond the limit", () => {
  it("is refused before it waits for anything", async () => {
    const limited = await startServer({ maxStreams: 1, hasWorker: false });
    const client = limited.client();
    const { thread_id } = await client.threads.create();
    const { run_id } = await client.runs.create(thread_id, "chain", { input: { goal: "g" } });
    const open = await limited.get(`/threads/${thread_id}/stream`);
    const join = vi.spyOn(limited.platform.runs, "join");
    const refused = await limited.get(`/threads/${thread_id}/runs/${run_id}/join`);
    expect(refused.status).toBe(429);
    expect(join).not.toHaveBeenCalled();
    await open.body?.cancel();
    await limited.close();
  });
});

describe("a fault behind the server", () => {
  it("is told to nobody, though its error has a status, words and headers", async () => {
    const error = Object.assign(new Error("Incorrect API key provided: sk-123"), {
      status: 401,
      headers: { "x-of-the-service": "1" },
    });
    vi.spyOn(server.platform.threads, "state").mockRejectedValueOnce(error);
    const { thread_id } = await server.client().threads.create();
    const response = await server.get(`/threads/${thread_id}/state`);
    expect(response.status).toBe(500);
    expect(response.headers.get("x-of-the-service")).toBeNull();
    expect(await response.text()).not.toContain("sk-123");
  });
});

describe("the system's endpoints", () => {
  it("say what the server is", async () => {
    expect(await (await server.get("/info")).json()).toMatchObject({
      version: "0.0.0-test",
      flags: { assistants: true, crons: true },
    });
    expect(await (await server.get("/ok?check_db=1")).json()).toEqual({ ok: true });
  });

  it("give figures for Prometheus", async () => {
    const client = server.client();
    await client.runs.wait(null, "chain", { input: {} });
    const response = await server.get("/metrics");
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    expect(text).toMatch(/^tutti_runs\{status="success"\} \d+$/m);
    expect(text).toMatch(/^tutti_queue_depth 0$/m);
    expect(text).toMatch(/tutti_http_request_duration_seconds_count\{.*route="\/info"/);
    expect(text).toContain("nodejs_eventloop_lag_seconds");
    expect(text).toContain("process_resident_memory_bytes");
  });

  it("answer 503 when the database does not answer", async () => {
    const broken = await startServer({ hasWorker: false });
    const { TuttiError } = await import("../../src/errors.ts");
    Object.assign(broken.platform.records, {
      ping: () => Promise.reject(new TuttiError("DATABASE", "the database does not answer")),
    });
    expect((await broken.get("/ok?check_db=true")).status).toBe(503);
    expect((await broken.get("/ok")).status).toBe(200);
    await broken.close();
  });
});

describe("the log", () => {
  it("names the request, and holds no key", async () => {
    const response = await server.get("/info", {
      headers: { "x-api-key": "sk-secret", authorization: "Bearer secret", "x-request-id": "r-1" },
    });
    expect(response.headers.get("x-request-id")).toBe("r-1");
    const line = server.log.find((entry) => entry.includes('"r-1"'));
    expect(line).toContain('"route":"/info"');
    expect(server.log.join("\n")).not.toContain("secret");
  });
});

describe("groups of endpoints", () => {
  it("may be switched off", async () => {
    const less = await startServer({ disabled: new Set(["store"]), hasWorker: false });
    expect((await less.post("/store/namespaces", {})).status).toBe(404);
    expect((await less.post("/threads", {})).status).toBe(200);
    await less.close();
  });
});
