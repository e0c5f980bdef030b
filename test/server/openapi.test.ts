// The document is the API: every route stands in it, and everything in it is a route.
import { z } from "zod";
import { allRoutes } from "../../src/server/routes/all-routes.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ hasWorker: false });
});
afterAll(() => server.close());

const Document = z.looseObject({
  openapi: z.literal("3.1.0"),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        summary: z.string().min(1),
        parameters: z
          .array(z.looseObject({ name: z.string(), in: z.enum(["path", "query"]) }))
          .optional(),
        responses: z.record(z.string(), z.looseObject({ description: z.string().min(1) })),
      }),
    ),
  ),
});

const documentOf = async () => Document.parse(await (await server.get("/openapi.json")).json());

describe("/openapi.json", () => {
  it("describes each route once, and nothing else", async () => {
    const { paths } = await documentOf();
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    const served = allRoutes({}).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(described)).toEqual(new Set(served));
    expect(served.length).toBe(new Set(served).size);
    const ids = Object.values(paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(ids.length).toBe(new Set(ids).size);
  });

  it("has every operation answered by the server, and each parameter of its path", async () => {
    const { paths } = await documentOf();
    for (const [path, item] of Object.entries(paths))
      for (const [method, { parameters = [] }] of Object.entries(item)) {
        const named = parameters.filter((one) => one.in === "path").map(({ name }) => name);
        expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
        const filled = path.replaceAll(/\{\w+\}/g, "00000000-0000-4000-8000-000000000000");
        const response = await server.get(filled, { method: method.toUpperCase() });
        await response.body?.cancel();
        const code =
          response.headers.get("content-type") === "application/problem+json"
            ? response.status
            : 200;
        expect({ method, path, isServed: ![405, 500, 501].includes(code) }).toMatchObject({
          isServed: true,
        });
      }
  });

  it("holds the endpoints of LangGraph's Agent Server", async () => {
    const { paths } = await documentOf();
    const known = [
      "post /assistants/search",
      "get /assistants/{assistant_id}/subgraphs/{namespace}",
      "post /assistants/{assistant_id}/latest",
      "post /threads/prune",
      "post /threads/{thread_id}/copy",
      "patch /threads/{thread_id}/state",
      "get /threads/{thread_id}/stream",
      "post /threads/{thread_id}/commands",
      "post /threads/{thread_id}/stream/events",
      "get /threads/{thread_id}/stream/events",
      "post /threads/{thread_id}/runs/crons",
      "get /threads/{thread_id}/runs/{run_id}/join",
      "post /runs/batch",
      "post /runs/cancel",
      "get /runs/{run_id}/stream",
      "patch /runs/crons/{cron_id}",
      "post /runs/crons/count",
      "post /store/namespaces",
    ];
    for (const operation of known) {
      const [method = "", path = ""] = operation.split(" ");
      expect({ operation, is: paths[path]?.[method] !== undefined }).toEqual({
        operation,
        is: true,
      });
    }
  });

  it("refers only to what it holds", async () => {
    const text = await (await server.get("/openapi.json")).text();
    const document = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
    for (const [, name = ""] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(Object.keys(document.components.schemas)).toContain(name);
  });
});

describe("/docs", () => {
  it("shows every endpoint, and loads nothing from anywhere", async () => {
    const response = await server.get("/docs");
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const page = await response.text();
    for (const { path, summary } of allRoutes({})) {
      expect(page).toContain(path);
      expect(page).toContain(summary.replaceAll("'", "'"));
    }
    expect(page).not.toMatch(/<script|<link|src=|https?:/);
  });
});
