import { createHttpClient } from "../../../src/outbound/index.ts";
import { SearchResult, ToolFailure } from "../../../src/protocol/index.ts";
import { webSearchTool } from "../../../src/tools/index.ts";
import { type LoopbackServer, startHttpServer } from "../../fixtures/http-server.ts";

// A server that answers as SearXNG does with format=json.
let answer: { status: number; body: unknown };
let server: LoopbackServer;
beforeAll(async () => {
  server = await startHttpServer((_request, response) => {
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
});
afterAll(() => server.close());

const none = { answers: [], infoboxes: [], suggestions: [] };
const call = async (query: string, signal?: AbortSignal): Promise<unknown> => {
  const { origin } = server;
  const http = createHttpClient({ purposes: { web_search: { allow: [origin] } } });
  try {
    const search = webSearchTool({ http, searxngUrl: `${origin}/`, signal });
    return JSON.parse(String(await search.invoke({ query, limit: 3 })));
  } finally {
    http.close();
  }
};

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
    expect(server.asked.at(-1)).toMatchObject({ method: "POST", url: "/search" });
    const sent = new URLSearchParams(server.asked.at(-1)?.body);
    expect(Object.fromEntries(sent)).toEqual({
      q: "harbour strike",
      format: "json",
      safesearch: "1",
    });
  });

  it("looks at no more results than are asked for, best first", async () => {
    const result = (n: number) => ({ title: "", url: `https://news.test/${n}`, content: `${n}` });
    answer = { status: 200, body: { results: [1, 2, 3, 4].map(result) } };
    const { passages } = SearchResult.parse(await call("many"));
    expect(passages.map(({ text, file }) => [text, file])).toEqual([
      ["1", "news.test"],
      ["2", "news.test"],
      ["3", "news.test"],
    ]);
  });

  it("ends when the run is stopped", async () => {
    await expect(call("x", AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
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
