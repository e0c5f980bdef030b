// Certificates are checked against the name that was asked for, at the address that was checked. The
// authority in test/fixtures/tls signed one certificate, for service.test; its own key is gone.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createHttpClient } from "../../src/outbound/index.ts";

const file = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), "utf8");
const ca = [file("ca.pem")];

const names: (string | false)[] = [];
const server = createServer(
  { key: file("service.key.pem"), cert: file("service.pem") },
  (request, response) => {
    names.push((request.socket as unknown as { servername: string | false }).servername);
    if (request.url === "/down") response.writeHead(302, { location: "http://127.0.0.1:1/" });
    response.end("sealed");
  },
);
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const get = (host: string, options: { ca?: readonly string[] }, path = "/") => {
  const http = createHttpClient({
    allow: ["127.0.0.1"],
    resolve: () => Promise.resolve(["127.0.0.1"]),
    ...options,
  });
  return http
    .request({ url: `https://${host}:${port}${path}`, purpose: "test" })
    .finally(http.close);
};
const wrong = { code: "HTTP_FAILED", data: { reason: "tls" }, retryable: false };

describe("an encrypted request", () => {
  it("reaches a server whose certificate is for the name, by an authority that is given", async () => {
    const { body } = await get("service.test", { ca });
    expect(Buffer.from(body).toString()).toBe("sealed");
    expect(names.at(-1)).toBe("service.test");
  });

  it("fails when the certificate is for another name, or for no address", async () => {
    await expect(get("other.test", { ca })).rejects.toMatchObject(wrong);
    await expect(get("127.0.0.1", { ca })).rejects.toMatchObject(wrong);
  });

  it("fails when nobody vouches for the authority, also where the environment says not to check", async () => {
    await expect(get("service.test", {})).rejects.toMatchObject(wrong);
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await expect(get("service.test", {})).rejects.toMatchObject(wrong);
    vi.unstubAllEnvs();
  });

  it("does not go on in the clear", async () => {
    await expect(get("service.test", { ca }, "/down")).rejects.toMatchObject({
      code: "HTTP_REFUSED",
      message: expect.stringContaining("without encryption"),
    });
  });

  it("is not made of a plain one, nor the other way round", async () => {
    const http = createHttpClient({ allow: ["127.0.0.1"] });
    await expect(
      http.request({ url: `http://127.0.0.1:${port}/`, purpose: "test" }),
    ).rejects.toMatchObject({ code: "HTTP_FAILED" });
  });
});
