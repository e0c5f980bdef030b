// Files: stored by content, read in whole or in part, seen by their own tenant only.
import { createHash, randomUUID } from "node:crypto";
import { openAccess } from "../../src/server/index.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
beforeAll(async () => {
  const open = openAccess("default");
  server = await startServer({
    maxFileBytes: 10_000,
    hasWorker: false,
    access: {
      ...open,
      authenticate: async (request) => ({
        ...(await open.authenticate(request)),
        tenant: request.headers.get("x-tenant") ?? "default",
      }),
    },
  });
});
afterAll(() => server.close());

const content = "date,amount\n2026-01-01,10\n";
const sha256 = createHash("sha256").update(content).digest("hex");

const upload = (query = "?name=sales.csv", body: string | Uint8Array = content) =>
  server.get(`/files${query}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: body as string,
  });

describe("a file", () => {
  it("is stored by its content and read again", async () => {
    expect(await (await upload()).json()).toEqual({
      sha256,
      name: "sales.csv",
      mime: "text/csv",
      size: content.length,
    });
    const response = await server.get(`/files/${sha256}`);
    expect(await response.text()).toBe(content);
    const { headers } = response;
    expect(headers.get("content-type")).toContain("text/csv");
    expect(headers.get("content-disposition")).toContain('attachment; filename="sales.csv"');
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-length")).toBe(String(content.length));
  });

  it("is read in parts", async () => {
    await upload();
    const part = (range: string) => server.get(`/files/${sha256}`, { headers: { range } });
    const first = await part("bytes=0-3");
    expect(first.status).toBe(206);
    expect(first.headers.get("content-range")).toBe(`bytes 0-3/${content.length}`);
    expect(await first.text()).toBe("date");
    expect(await (await part("bytes=-4")).text()).toBe(",10\n");
    expect(await (await part("bytes=5-")).text()).toBe(content.slice(5));
    expect((await part("bytes=9999-")).status).toBe(416);
    expect((await part("lines=1-2")).status).toBe(200);
  });

  it("is not sent again to who has it", async () => {
    await upload();
    const headers = { "if-none-match": `"${sha256}"` };
    expect((await server.get(`/files/${sha256}`, { headers })).status).toBe(304);
  });

  it("may come in a form", async () => {
    const form = new FormData();
    form.set("file", new File(["hello"], "a.txt", { type: "text/plain" }));
    const response = await server.get("/files", { method: "POST", body: form });
    expect(await response.json()).toMatchObject({ name: "a.txt", mime: "text/plain", size: 5 });
    const none = new FormData();
    none.set("text", "x");
    expect((await server.get("/files", { method: "POST", body: none })).status).toBe(422);
  });

  it("may be empty", async () => {
    const stored = (await (await upload("?name=e", "")).json()) as { sha256: string; size: number };
    expect(stored.size).toBe(0);
    const response = await server.get(`/files/${stored.sha256}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  it("over the limit is refused", async () => {
    expect((await upload("", "x".repeat(20_000))).status).toBe(413);
  });

  it("keeps a name that is a label and nothing else", async () => {
    const names = [
      ["../../etc/passwd", "passwd"],
      ['a"\r\nset-cookie: x', 'a"set-cookie: x'],
      ["..", "file"],
      ["Bericht März.pdf", "Bericht März.pdf"],
    ];
    for (const [given = "", kept] of names) {
      const response = await upload(`?name=${encodeURIComponent(given)}`, randomUUID());
      const stored = (await response.json()) as { name: string; sha256: string };
      expect(stored.name).toBe(kept);
      const read = await server.get(`/files/${stored.sha256}`);
      expect(read.headers.get("set-cookie")).toBeNull();
      expect(read.headers.get("content-disposition")).toMatch(
        /^attachment; filename="[\w. -]+"; filename\*=UTF-8''\S+$/,
      );
    }
  });

  it("of another tenant is not there", async () => {
    await upload();
    const response = await server.get(`/files/${sha256}`, { headers: { "x-tenant": "other" } });
    expect(response.status).toBe(404);
    expect((await server.get(`/files/${"0".repeat(64)}`)).status).toBe(404);
    expect((await server.get("/files/..%2f..%2fetc")).status).toBe(422);
  });
});
