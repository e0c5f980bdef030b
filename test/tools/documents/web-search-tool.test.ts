import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SearchResult, ToolFailure } from "../../../src/protocol/index.ts";
import { webSearchTool } from "../../../src/tools/index.ts";

// A server that answers as SearXNG does with format=json.
let answer: { status: number; body: unknown };
const asked: string[] = [];
const server: Server = createServer((request, response) => {
  asked.push(request.url ?? "");
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
});
let url = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const none = { answers: [], infoboxes: [], suggestions: [] };
const call = async (query: string): Promise<unknown> =>
  JSON.parse(String(await webSearchTool({ searxngUrl: url }).invoke({ query, limit: 2 })));

describe("a web search answers with passages that have an address", () => {
  it("passes the query on and keeps the address of each result", async () => {
    answer = {
      status: 200,
      body: {
        ...none,
        results: [
          {
            title: "Strike ends",
            url: "https://news.test/a?b=1,2",
            content: 'The  strike, "at last", ended.',
          },
          { title: "No snippet", url: "https://news.test/b", content: "" },
          { title: "Script", url: "javascript:alert(1)", content: "no" },
        ],
      },
    };
    const { passages } = SearchResult.parse(await call("harbour strike"));
    expect(passages).toEqual([
      {
        id: expect.stringMatching(/^web-[0-9a-f]{12}$/) as string,
        text: 'The strike, "at last", ended.',
        file: "Strike ends",
        url: "https://news.test/a?b=1,2",
      },
    ]);
    const sent = new URL(asked.at(-1) ?? "", url);
    expect(sent.pathname).toBe("/search");
    expect(sent.searchParams.get("q")).toBe("harbour strike");
  });

  it("answers with no passages when nothing is found", async () => {
    answer = { status: 200, body: { ...none, results: [] } };
    expect(await call("nothing")).toEqual({ passages: [] });
  });

  it.each([
    ["a refusal", { status: 403, body: {} }],
    ["a page instead of JSON", { status: 200, body: "<html>" }],
  ])("answers with a failure and a hint after %s", async (_what, given) => {
    answer = given;
    const { error } = ToolFailure.parse(await call("x"));
    expect(error.code).toBe("TOOL_FAILED");
    expect(error.hint).toMatch(/SearXNG/);
  });
});
