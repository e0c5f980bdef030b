// Webhooks arrive at a real server: signed, at least once, tried again for about a day.
import type { RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient, verifyWebhook } from "../../src/outbound/index.ts";
import { createWebhookDeliverer, type WebhookDeliverer } from "../../src/runs/index.ts";
import { type LoopbackServer, startHttpServer } from "../fixtures/http-server.ts";
import {
  createTestPlatform,
  never,
  request,
  scope,
  silent,
  succeed,
  type TestPlatform,
} from "./platform.ts";

const SECRET = "whsec_dGVzdCBvZiBhIHNlY3JldCBvZiBzb21lIGxlbmd0aA==";
const THREAD = "44444444-4444-4444-8444-444444444444";

let platform: TestPlatform;
let server: LoopbackServer;
let deliverers: WebhookDeliverer[] = [];
const time = { now: 0 };
const clock = { now: () => time.now };

afterEach(async () => {
  for (const one of deliverers) await one.stop();
  deliverers = [];
  await platform.close();
  await server.close();
});

const setUp = async (answer: RequestListener): Promise<void> => {
  time.now = Date.now();
  server = await startHttpServer(answer);
  platform = await createTestPlatform(succeed, { clock });
  await platform.worker("a").start();
};
const deliverer = (allow = true): WebhookDeliverer => {
  const one = createWebhookDeliverer({
    records: platform.records,
    http: createHttpClient(allow ? { purposes: { webhook: { allow: ["127.0.0.1"] } } } : {}),
    signals: platform.signals,
    secrets: [SECRET],
    clock,
    log: silent,
    random: () => 0.5,
  });
  deliverers.push(one);
  return one;
};
const run = async () => {
  const webhook = `${server.origin}/hook`;
  const { id } = await platform.service.create(scope, request(THREAD, { webhook }));
  await platform.service.join(scope, THREAD, id, never);
  return id;
};
const due = async (): Promise<number | undefined> => {
  const next = await platform.records.outbox.nextDue();
  return next === undefined ? undefined : next - time.now;
};

describe("a webhook", () => {
  it("is sent when the run has ended, and its signature holds", async () => {
    await setUp((_, response) => void response.end());
    const id = await run();
    await deliverer().deliver();
    const [asked] = server.asked;
    expect(JSON.parse(asked?.body ?? "")).toEqual({ status: "success" });
    expect(asked?.headers["webhook-id"]).toBe(id);
    const given = { secrets: SECRET, headers: asked?.headers as Record<string, string> };
    const now = time.now / 1_000;
    expect(verifyWebhook({ ...given, body: asked?.body ?? "", now })).toBe(true);
    expect(verifyWebhook({ ...given, body: `${asked?.body} `, now })).toBe(false);
    expect(await due()).toBeUndefined();
  });

  it("is tried again, later and later, until the receiver takes it", async () => {
    let fails = 4;
    await setUp((_, response) => {
      response.statusCode = fails-- > 0 ? 503 : 204;
      response.end();
    });
    await run();
    const one = deliverer();
    const waits: (number | undefined)[] = [];
    for (let tries = 0; tries < 5; tries += 1) {
      await one.deliver();
      waits.push(await due());
      time.now += waits.at(-1) ?? 0;
    }
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000, undefined]);
    expect(server.asked).toHaveLength(5);
    expect(new Set(server.asked.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("is given up after ten tries in about a day, and stays visible", async () => {
    await setUp((_, response) => {
      response.statusCode = 500;
      response.end();
    });
    await run();
    const one = deliverer();
    const begun = time.now;
    for (let tries = 0; (await due()) !== undefined; tries += 1) {
      expect(tries).toBeLessThan(10);
      time.now += (await due()) ?? 0;
      await one.deliver();
    }
    expect(server.asked).toHaveLength(10);
    const hours = (time.now - begun) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(28);
  });

  it("is given up at once when the receiver says it is gone, or the address is refused", async () => {
    await setUp((_, response) => {
      response.statusCode = 410;
      response.end();
    });
    await run();
    await deliverer().deliver();
    expect(await due()).toBeUndefined();
    await run();
    await deliverer(false).deliver();
    expect(await due()).toBeUndefined();
    expect(server.asked).toHaveLength(1);
  });

  it("does not follow a redirect", async () => {
    await setUp((_, response) => {
      response.writeHead(302, { location: "/elsewhere" });
      response.end();
    });
    await run();
    await deliverer().deliver();
    expect(await due()).toBe(5_000);
    expect(server.asked).toHaveLength(1);
  });

  it("is sent by one of many processes; when that one dies, by another", async () => {
    await setUp((_, response) => void response.end());
    await run();
    await platform.records.outbox.take(10, 60_000); // a process that dies with it
    await deliverer().deliver();
    expect(server.asked).toHaveLength(0);
    time.now += 60_001;
    await Promise.all([deliverer().deliver(), deliverer().deliver(), deliverer().deliver()]);
    expect(server.asked).toHaveLength(1);
  });

  it("is sent without being asked for when its process listens", async () => {
    await setUp((_, response) => void response.end());
    await deliverer().start();
    const arrived = new Promise((resolve) => server.server.once("request", resolve));
    await run();
    await arrived;
  });
});
