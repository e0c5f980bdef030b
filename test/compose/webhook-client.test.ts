import { describe, expect, it } from "vitest";
import { webhookClient } from "../../src/compose/webhook-client.ts";

const outside = {
  request: () => Promise.resolve({ status: 299, headers: {}, body: new Uint8Array(), url: "" }),
};
const purpose = "webhook";

describe("a webhook to a path", () => {
  it("is a request to the server itself, with its body and headers", async () => {
    let heard: Request | undefined;
    const client = webhookClient(outside, () => (request) => {
      heard = request;
      return Promise.resolve(new Response("seen", { status: 202 }));
    });
    const headers = { "webhook-id": "1" };
    const { status } = await client.request({
      url: "/hook",
      method: "POST",
      headers,
      body: "{}",
      purpose,
    });
    expect(status).toBe(202);
    expect(heard?.url).toBe("http://localhost/hook");
    expect(heard?.headers.get("webhook-id")).toBe("1");
    expect(await heard?.text()).toBe("{}");
  });

  it("that is never answered fails in its time, and can be tried again", async () => {
    const client = webhookClient(outside, () => () => new Promise(() => undefined));
    await expect(client.request({ url: "/hook", purpose, timeoutMs: 1 })).rejects.toMatchObject({
      code: "HTTP_FAILED",
      retryable: true,
    });
  });
});

it("a webhook to an address goes out", async () => {
  const client = webhookClient(outside, () => () => Promise.reject(new Error("not asked")));
  expect(await client.request({ url: "https://example.com/", purpose })).toMatchObject({
    status: 299,
  });
});
