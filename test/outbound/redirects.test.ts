import type { RequestListener } from "node:http";
import { createHttpClient } from "../../src/outbound/index.ts";
import type { HttpRequest } from "../../src/ports/index.ts";
import { startHttpServer, type LoopbackServer } from "../fixtures/http-server.ts";

const servers: LoopbackServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const serve = async (answer: RequestListener): Promise<LoopbackServer> => {
  const server = await startHttpServer(answer);
  servers.push(server);
  return server;
};

/** Answers with one redirect, then with what arrived. */
const redirecting = (status: number, to: (origin: string) => string) =>
  serve((request, response) => {
    if (request.url === "/from")
      response.writeHead(status, { location: to(`http://${request.headers.host}`) });
    response.end("text");
  });

const send = (request: Omit<HttpRequest, "purpose">) => {
  const http = createHttpClient({
    allow: ["127.0.0.1", "8.8.8.8"],
    resolve: (host) => Promise.resolve([host === "inside.test" ? "127.0.0.2" : "127.0.0.1"]),
  });
  return http.request({ purpose: "test", ...request }).finally(http.close);
};

describe("a redirect", () => {
  it.each([
    [301, "GET", "GET", ""],
    [301, "POST", "GET", ""],
    [301, "PUT", "PUT", "body"],
    [302, "POST", "GET", ""],
    [302, "DELETE", "DELETE", "body"],
    [303, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [303, "HEAD", "HEAD", ""],
    [307, "POST", "POST", "body"],
    [307, "PATCH", "PATCH", "body"],
    [308, "POST", "POST", "body"],
    [308, "GET", "GET", ""],
  ] as const)("%i after %s goes on with %s", async (status, method, then, body) => {
    const server = await redirecting(status, () => "/to?a=1#part");
    const answer = await send({
      url: `${server.origin}/from`,
      method,
      headers: { "content-type": "text/x-test", authorization: "Bearer a" },
      ...(method === "GET" || method === "HEAD" ? {} : { body: "body" }),
    });
    expect(answer).toMatchObject({ status: 200, url: `${server.origin}/to?a=1` });
    expect(server.asked[1]).toMatchObject({ method: then, body, url: "/to?a=1" });
    const headers = server.asked[1]?.headers ?? {};
    expect(headers.authorization).toBe("Bearer a"); // the same origin
    expect(headers["content-type"]).toBe(method !== then ? undefined : "text/x-test");
  });

  it("to another origin leaves credentials behind, under whatever name, also on the way back", async () => {
    const seen: string[] = [];
    const first = await serve((request, response) => {
      if (request.url !== "/back")
        response.writeHead(307, { location: `http://127.0.0.1:${second.port}/there` });
      response.end();
    });
    const second = await serve((_request, response) => {
      response.writeHead(307, { location: `${first.origin}/back` });
      response.end();
    });
    const secrets = {
      authorization: "Bearer hunter2",
      cookie: "session=hunter2",
      "x-api-key": "hunter2",
      "webhook-signature": "v1,hunter2",
      "x-amz-security-token": "hunter2",
      "x-my-own-token": "hunter2",
      referer: "http://intranet/hunter2",
    };
    const headers = { ...secrets, accept: "application/json", "content-type": "text/plain" };
    await send({ url: first.origin, method: "POST", headers, body: "b" });
    const [begun, back] = first.asked;
    expect(begun?.headers).toMatchObject(secrets);
    for (const asked of [second.asked[0], back]) {
      seen.push(JSON.stringify(asked?.headers));
      expect(asked?.headers).toMatchObject({
        accept: "application/json",
        "content-type": "text/plain",
      });
      expect(asked?.body).toBe("b");
    }
    expect(seen.join("")).not.toContain("hunter2");
  });

  it.each([
    ["a private address", () => "http://10.0.0.1/"],
    ["loopback in another spelling", () => "http://0x7f.0.0.2/"],
    ["the metadata of a cloud", () => "http://169.254.169.254/latest/meta-data/"],
    ["a name that resolves to a private address", () => "http://inside.test/"],
    ["an IPv6 loopback", () => "//[::1]/"],
    ["a file", () => "file:///etc/passwd"],
    ["a script", () => "javascript:alert(1)"],
    ["an address with a password", (origin: string) => origin.replace("//", "//a:b@")],
    ["nowhere", () => "http://"],
    ["an odd host", () => "http://127.0.0.1\\@x.test/"],
  ])("to %s is refused", async (_what, to) => {
    const server = await redirecting(302, to);
    await expect(send({ url: `${server.origin}/from` })).rejects.toMatchObject({
      code: "HTTP_REFUSED",
    });
    expect(server.asked.length).toBe(1);
  });

  it("is followed as often as is allowed, and no more", async () => {
    const server = await serve((request, response) => {
      const step = Number(request.url?.slice(1));
      if (step < 3) response.writeHead(302, { location: `/${step + 1}` });
      response.end();
    });
    const url = `${server.origin}/0`;
    expect((await send({ url, redirects: 3 })).status).toBe(200);
    await expect(send({ url, redirects: 2 })).rejects.toMatchObject({
      code: "HTTP_FAILED",
      data: { reason: "redirects" },
    });
    expect(await send({ url, redirects: 0 })).toMatchObject({
      status: 302,
      headers: { location: "/1" },
    });
  });

  it("in a circle ends", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(308, { location: "/" });
      response.end();
    });
    await expect(send({ url: server.origin })).rejects.toMatchObject({
      data: { reason: "redirects" },
    });
    expect(server.asked.length).toBe(6);
  });

  it.each([300, 304, 305, 399])(
    "is not what status %i means, nor a 302 without an address",
    async (status) => {
      const server = await serve((request, response) => {
        response.writeHead(
          request.url === "/bare" ? 302 : status,
          request.url === "/bare" ? {} : { location: "/to" },
        );
        response.end();
      });
      expect((await send({ url: server.origin })).status).toBe(status);
      expect((await send({ url: `${server.origin}/bare` })).status).toBe(302);
    },
  );
});
