import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { createHttpClient, type HttpClientOptions } from "../../src/outbound/index.ts";
import type { HttpRequest } from "../../src/ports/index.ts";
import { startHttpServer, type LoopbackServer } from "../fixtures/http-server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});

const serve: typeof startHttpServer = async (answer) => {
  const server = await startHttpServer(answer);
  closing.push(server.close);
  return server;
};

/** A server that speaks whatever the test writes. */
const serveRaw = async (onSocket: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => onSocket(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const clientFor = (origins: readonly string[], options: HttpClientOptions = {}) => {
  const client = createHttpClient({ allow: origins, ...options });
  closing.push(client.close);
  return client;
};

const send = (request: Omit<HttpRequest, "purpose">, options: HttpClientOptions = {}) =>
  clientFor(["127.0.0.0/8"], options).request({ purpose: "test", ...request });

const failure = async (work: Promise<unknown>): Promise<Record<string, unknown>> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Record<string, unknown>;
};

const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe("a request", () => {
  it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const)(
    "%s brings method, headers and body there, and the answer back",
    async (method) => {
      const server = await serve((_request, response) => {
        response.writeHead(418, { "X-Kind": "teapot", "Set-Cookie": ["a=1", "b=2"] });
        response.end("short and stout");
      });
      const answer = await send({
        url: `${server.origin}/pot?size=1#lid`,
        method,
        headers: { "X-Trace": "é" },
        ...(method === "GET" ? {} : { body: "tea ☕" }),
      });
      expect({ ...answer, body: text(answer.body) }).toMatchObject({
        status: 418,
        headers: { "x-kind": "teapot", "set-cookie": "a=1, b=2" },
        body: "short and stout",
        url: `${server.origin}/pot?size=1`,
      });
      const [asked] = server.asked;
      expect(asked).toMatchObject({
        method,
        url: "/pot?size=1",
        body: method === "GET" ? "" : "tea ☕",
      });
      expect(asked?.headers).toMatchObject({
        host: `127.0.0.1:${server.port}`,
        "user-agent": "tutti",
      });
    },
  );

  it("HEAD has no body, whatever length and encoding the answer claims", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "99999999999", "content-encoding": "gzip" });
      response.end();
    });
    const answer = await send({ url: server.origin, method: "HEAD" });
    expect(answer.body.byteLength).toBe(0);
    expect(answer.headers["content-length"]).toBe("99999999999");
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ] as const)("decompresses %s", async (encoding, compress) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": encoding });
      response.end(compress("words ".repeat(10_000)));
    });
    const { body } = await send({ url: server.origin });
    expect(text(body)).toBe("words ".repeat(10_000));
    expect(server.asked[0]?.headers["accept-encoding"]).toBe("gzip, br");
  });

  it("streams: the first part is read before the last is sent", async () => {
    let finish: () => void = () => undefined;
    const server = await serve((_request, response) => {
      response.write("first");
      finish = () => response.end("last");
    });
    const client = clientFor(["127.0.0.1"]);
    const { status, body } = await client.stream({ url: server.origin, purpose: "test" });
    const parts: string[] = [];
    for await (const part of body) {
      parts.push(text(part));
      finish();
    }
    expect({ status, parts }).toEqual({ status: 200, parts: ["first", "last"] });
  });

  it("lets the connection go when the reader leaves early", async () => {
    const server = await serve((_request, response) => void response.write("endless"));
    const closed = new Promise((resolve) => {
      server.server.on("connection", (socket) => socket.on("close", resolve));
    });
    const { body } = await clientFor(["127.0.0.1"]).stream({ url: server.origin, purpose: "test" });
    for await (const part of body) {
      expect(text(part)).toBe("endless");
      break;
    }
    await closed;
  });

  it("asks no proxy, whatever the environment says", async () => {
    const server = await serve((_request, response) => response.end("direct"));
    const module = new URL("../../src/outbound/index.ts", import.meta.url).href;
    const script = `
      import { createHttpClient } from ${JSON.stringify(module)};
      const client = createHttpClient({ allow: ["127.0.0.1"] });
      const { body } = await client.request({ url: ${JSON.stringify(server.origin)}, purpose: "test" });
      console.log(Buffer.from(body).toString());`;
    const proxy = "http://127.0.0.1:9";
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", script],
      { env: { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy } },
    );
    expect(stdout.trim()).toBe("direct");
  });
});

describe("kept connections", () => {
  it("serve requests that may be repeated, and only those", async () => {
    const server = await serve((_request, response) => response.end("x"));
    const client = clientFor(["127.0.0.1"]);
    for (const method of ["GET", "PUT", "GET"] as const)
      await client.request({ url: server.origin, method, purpose: "test" });
    expect(server.connections()).toBe(1);
    for (const method of ["POST", "PATCH"] as const)
      await client.request({ url: server.origin, method, purpose: "test" });
    expect(server.connections()).toBe(3);
  });

  it("that the other side closes meanwhile are replaced", async () => {
    let requests = 0;
    const origin = await serveRaw((socket) => {
      requests += 1;
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      socket.once("data", () => socket.resetAndDestroy()); // the second request on this connection
    });
    const client = clientFor(["127.0.0.1"]);
    for (let turn = 0; turn < 3; turn += 1)
      expect(text((await client.request({ url: origin, purpose: "test" })).body)).toBe("ok");
    expect(requests).toBe(3);
  });

  it("are not shared between purposes", async () => {
    const server = await serve((_request, response) => response.end("x"));
    const resolved = ["127.0.0.1"];
    const client = createHttpClient({
      resolve: () => Promise.resolve(resolved),
      purposes: { inside: { allow: ["127.0.0.0/8"] } },
    });
    closing.push(client.close);
    const url = `http://rebind.test:${server.port}/`;
    await client.request({ url, purpose: "inside" });
    resolved[0] = "192.0.0.9";
    await expect(client.request({ url, purpose: "web" })).rejects.toMatchObject({
      code: "HTTP_REFUSED",
    });
    expect(server.asked.length).toBe(1);
  });
});

describe("a name that changes its mind", () => {
  it("is resolved once: the address that was checked is the one connected to", async () => {
    const server = await serve((_request, response) => response.end("checked"));
    const answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.3"]];
    let asked = 0;
    const resolve = () => Promise.resolve(answers[asked++] ?? []);
    const { body } = await send(
      { url: `http://rebind.test:${server.port}/`, method: "POST" },
      { resolve, allow: ["127.0.0.1"] },
    );
    expect(text(body)).toBe("checked");
    expect(asked).toBe(1);
    expect(server.asked[0]?.headers.host).toBe(`rebind.test:${server.port}`);
  });

  it("is refused when it turns private between two requests", async () => {
    const server = await serve((_request, response) => response.end("secret"));
    const answers = [["127.0.0.1"], ["127.0.0.2"]];
    const client = clientFor(["127.0.0.1"], {
      resolve: () => Promise.resolve(answers.shift() ?? []),
    });
    const request = { url: `http://rebind.test:${server.port}/`, purpose: "test" };
    await client.request(request);
    await expect(client.request(request)).rejects.toMatchObject({ code: "HTTP_REFUSED" });
    expect(server.asked.length).toBe(1);
  });

  it("goes on to its next address when the first does not answer", async () => {
    const server = await serve((_request, response) => response.end("second"));
    const resolve = () => Promise.resolve(["127.0.0.9", "127.0.0.1"]);
    const { body } = await send({ url: `http://two.test:${server.port}/` }, { resolve });
    expect(text(body)).toBe("second");
  });
});

describe("limits of an answer", () => {
  const big = (server: LoopbackServer, maxBytes: number) => send({ url: server.origin, maxBytes });
  const tooLarge = { code: "HTTP_FAILED", data: { reason: "too-large" }, retryable: false };

  it("of just the size allowed is taken; one byte more is not, announced or not", async () => {
    let announced = true;
    const server = await serve((_request, response) => {
      if (announced) response.setHeader("content-length", "1000");
      response.write("x".repeat(500));
      response.end("x".repeat(500));
    });
    for (announced of [true, false]) {
      expect((await big(server, 1000)).body.byteLength).toBe(1000);
      await expect(big(server, 999)).rejects.toMatchObject(tooLarge);
    }
  });

  it("stop an endless answer while it is read", async () => {
    let sent = 0;
    const server = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384))) sent += 16_384;
        response.once("drain", more);
      };
      more();
    });
    await expect(big(server, 100_000)).rejects.toMatchObject(tooLarge);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("count what a gzip bomb unpacks to, without unpacking all of it", async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    expect(bomb.byteLength).toBeLessThan(300_000);
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    await expect(big(server, 1_000_000)).rejects.toMatchObject(tooLarge);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024);
  });

  it("refuse an announced size before anything of it comes", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "10000000000" });
      response.flushHeaders();
    });
    await expect(big(server, 1_000_000)).rejects.toMatchObject(tooLarge);
  });

  it("count what is sent, also when it unpacks to nothing", async () => {
    const nothing = Buffer.concat(Array.from({ length: 10_000 }, () => gzipSync("")));
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      const more = (): void => {
        while (!response.destroyed && response.write(nothing)) continue;
        response.once("drain", more);
      };
      more();
    });
    await expect(big(server, 1_000_000)).rejects.toMatchObject(tooLarge);
  });

  it("hold for its headers", async () => {
    const server = await serve((_request, response) => {
      response.setHeader("x-large", "y".repeat(20_000));
      response.end();
    });
    await expect(send({ url: server.origin })).rejects.toMatchObject(tooLarge);
  });

  it.each([
    ["cut off before its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "connect"],
    [
      "cut off in a chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhalf",
      "connect",
    ],
    ["that is no HTTP", "SSH-2.0-OpenSSH_9.6\r\n", "protocol"],
    [
      "with two lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      "protocol",
    ],
    [
      "with length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "protocol",
    ],
    ["with nothing in it", "", "connect"],
    [
      "damaged in its compression",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf",
      "encoding",
    ],
    [
      "compressed in another way",
      "HTTP/1.1 200 OK\r\nContent-Encoding: compress\r\nContent-Length: 4\r\n\r\nhalf",
      "encoding",
    ],
    [
      "compressed twice",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 4\r\n\r\nhalf",
      "encoding",
    ],
  ])("fail an answer %s", async (_what, answer, reason) => {
    const origin = await serveRaw((socket) => void socket.end(answer));
    await expect(send({ url: origin })).rejects.toMatchObject({
      code: "HTTP_FAILED",
      data: { reason },
    });
  });

  it("fail an answer whose compressed data end too early", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync("words ".repeat(1000)).subarray(0, -9));
    });
    await expect(send({ url: server.origin })).rejects.toMatchObject({
      data: { reason: "encoding" },
    });
  });
});

describe("time limits", () => {
  const timeout = { code: "HTTP_FAILED", data: { reason: "timeout" }, retryable: true };
  const freeze = (): void => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

  it("end a request that is never answered, after its silence", async () => {
    freeze();
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const server = await serve(() => arrived());
    const error = failure(send({ url: server.origin, idleTimeoutMs: 5000 }));
    await arrival;
    vi.advanceTimersByTime(4999);
    expect(await Promise.race([error, Promise.resolve("waits")])).toBe("waits");
    vi.advanceTimersByTime(1);
    expect(await error).toMatchObject({
      ...timeout,
      message: expect.stringContaining("sent nothing for 5 s"),
    });
  });

  it("end an answer that dribbles: silence never lasts, but the whole takes too long", async () => {
    freeze();
    let dribble: () => void = () => undefined;
    const server = await serve((_request, response) => {
      response.writeHead(200);
      dribble = () => void response.write("x");
      dribble();
    });
    const client = clientFor(["127.0.0.1"]);
    const { body } = await client.stream({
      url: server.origin,
      purpose: "test",
      idleTimeoutMs: 10_000,
      timeoutMs: 60_000,
    });
    let parts = 0;
    const error = await failure(
      (async () => {
        for await (const part of body) {
          parts += part.byteLength;
          // While nobody waits for a part its silence does not count; the whole time does.
          queueMicrotask(() => {
            vi.advanceTimersByTime(9999);
            dribble();
          });
        }
      })(),
    );
    expect(error).toMatchObject({
      ...timeout,
      message: expect.stringContaining("longer than 60 s"),
    });
    expect(parts).toBe(7);
  });

  it("end an answer whose headers dribble", async () => {
    freeze();
    let socket: Socket | undefined;
    let begun: () => void = () => undefined;
    const start = new Promise<void>((resolve) => (begun = resolve));
    const origin = await serveRaw((one) => {
      socket = one;
      one.write("HTTP/1.1 200 OK\r\nX-Slow: ", () => begun());
    });
    const error = failure(
      send({ url: origin }, { limits: { timeoutMs: 30_000, idleTimeoutMs: 15_000 } }),
    );
    await start;
    for (let step = 0; step < 3; step += 1) {
      await new Promise<void>((resolve) => {
        socket?.write("a", () => resolve());
      });
      vi.advanceTimersByTime(5000);
    }
    expect(await error).toMatchObject(timeout);
  });

  it("end a name server that does not answer", async () => {
    freeze();
    const error = failure(
      send({ url: "http://slow.test/" }, { resolve: () => new Promise(() => undefined) }),
    );
    vi.advanceTimersByTime(15_000);
    expect(await error).toMatchObject(timeout);
  });

  it("leave alone a reader who takes longer than the silence allowed", async () => {
    freeze();
    const server = await serve((_request, response) => {
      response.write("a");
      response.end("b");
    });
    const client = clientFor(["127.0.0.1"]);
    const { body } = await client.stream({
      url: server.origin,
      purpose: "test",
      timeoutMs: Infinity,
    });
    let all = "";
    for await (const part of body) {
      all += text(part);
      vi.advanceTimersByTime(3_600_000);
    }
    expect(all).toBe("ab");
  });
});

describe("an abort", () => {
  it("before, during and after the head of the answer is CANCELLED", async () => {
    const controllers = [
      new AbortController(),
      new AbortController(),
      new AbortController(),
    ] as const;
    const server = await serve((request, response) => {
      if (request.url === "/1") controllers[1].abort(new Error("not now"));
      else {
        response.write("begun");
      }
    });
    const cancelled = { code: "CANCELLED" };
    controllers[0].abort();
    const url = (n: number) => ({
      url: `${server.origin}/${n}`,
      signal: controllers[n as 0].signal,
    });
    await expect(send(url(0))).rejects.toMatchObject(cancelled);
    await expect(send(url(1))).rejects.toMatchObject(cancelled);
    const { body } = await clientFor(["127.0.0.1"]).stream({ ...url(2), purpose: "test" });
    const read = (async () => {
      for await (const part of body) {
        expect(text(part)).toBe("begun");
        controllers[2].abort();
      }
    })();
    await expect(read).rejects.toMatchObject(cancelled);
    expect(server.asked.map((one) => one.url)).toEqual(["/1", "/2"]);
  });
});

describe("what is told of a failure", () => {
  it("says whether to try again, and never holds a path, a query or a header", async () => {
    const closed = await startHttpServer(() => undefined);
    await closed.close();
    const cutOff = await serveRaw((socket) => socket.destroy());
    const request = {
      headers: { authorization: "Bearer hunter2", "x-api-key": "hunter2" },
      method: "POST" as const,
      body: "hunter2",
    };
    const nameless = () => Promise.reject(new Error("getaddrinfo ENOTFOUND nowhere.test"));
    const cases = [
      [() => send({ ...request, url: `${closed.origin}/hunter2?token=hunter2` }), "connect"],
      [() => send({ ...request, url: `${cutOff}/hunter2?token=hunter2` }), "connect"],
      [
        () => send({ ...request, url: "http://nowhere.test/hunter2" }, { resolve: nameless }),
        "name",
      ],
      [
        () =>
          send(
            { ...request, url: "http://none.test/hunter2" },
            { resolve: () => Promise.resolve([]) },
          ),
        "name",
      ],
      [() => send({ ...request, url: "http://10.0.0.1/hunter2" }), undefined],
    ] as const;
    for (const [work, reason] of cases) {
      const error = await failure(work());
      expect(error).toMatchObject(
        reason === undefined
          ? { code: "HTTP_REFUSED", retryable: false }
          : { code: "HTTP_FAILED", retryable: true, data: { reason } },
      );
      const all = JSON.stringify(error, [
        ...Object.getOwnPropertyNames(error),
        "reason",
        "cause",
        "origin",
      ]);
      expect(all).not.toContain("hunter2");
      expect(error["hint"]).toMatch(/\w+/);
    }
  });

  it("names the setting that allows it, the purpose's own where it has one", async () => {
    const client = createHttpClient({
      purposes: { web_search: { allow: ["http://searx:8080"], setting: "SEARXNG_URL" } },
    });
    await expect(
      client.request({ url: "http://127.0.0.1:81/", purpose: "web_search" }),
    ).rejects.toMatchObject({
      hint: 'If this is meant, add "http://127.0.0.1:81" to SEARXNG_URL.',
    });
    await expect(
      client.request({ url: "http://127.0.0.1:81/", purpose: "x" }),
    ).rejects.toMatchObject({
      hint: 'If this is meant, add "http://127.0.0.1:81" to TUTTI_HTTP_ALLOW.',
    });
  });
});
