import { randomUUID } from "node:crypto";
import { Auth } from "@langchain/langgraph-sdk/auth";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHttpClient } from "../../../src/outbound/index.ts";
import { accessFor, type AccessSetup } from "../../../src/server/auth/access-for.ts";
import { newApiKey } from "../../../src/server/auth/api-key.ts";
import { type OpenRecords, openSqliteRecords } from "../../../src/storage/index.ts";

const clock = { time: Date.UTC(2026, 10, 22), now: () => clock.time };
let database: Database.Database;
let records: OpenRecords;
let warnings: string[];

beforeEach(() => {
  database = new Database(":memory:");
  records = openSqliteRecords(database, { clock });
  warnings = [];
});
afterEach(() => void database.close());

const newKey = async (expiresAt: number | null = null) => {
  const { key, hash, prefix } = newApiKey();
  const row = await records.keys.create({
    id: randomUUID(),
    tenant: "acme",
    name: "ci",
    role: "viewer",
    hash,
    prefix,
    expiresAt,
  });
  return { key, id: row.id };
};

const setup = (more: Partial<AccessSetup> = {}): Promise<Awaited<ReturnType<typeof accessFor>>> =>
  accessFor({
    host: "127.0.0.1",
    keys: records.keys,
    clock,
    log: { warn: (_fields, message) => void warnings.push(message) },
    ...more,
  });

const asking = (headers: Record<string, string> = {}): Request =>
  new Request("http://localhost/threads", { headers });

const tokens = {
  issuer: "https://id.example",
  audience: "tutti",
  http: createHttpClient({ allow: [] }),
};

describe("which access a server has", () => {
  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])(
    "on %s without keys it is open",
    async (host) => {
      const access = await setup({ host });
      expect(access.isOpen).toBe(true);
      expect(await access.authenticate(asking())).toMatchObject({
        tenant: "default",
        role: "admin",
        user: null,
      });
    },
  );

  test.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "tutti.example",
    "localhost.example",
    "127.0.0.1.nip.io",
  ])("on %s without keys, tokens and handlers it does not start", async (host) => {
    const error = await setup({ host }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error).toHaveProperty("hint", expect.stringMatching(/tutti keys create.*127\.0\.0\.1/));
    await newKey();
    expect((await setup({ host })).isOpen ?? false).toBe(false);
  });

  test("a key made while it is open closes it at once, for good", async () => {
    const access = await setup();
    await access.authenticate(asking());
    const { key, id } = await newKey(clock.time + 1_000);
    await expect(access.authenticate(asking())).rejects.toThrow("an API key is needed");
    expect(access.isOpen).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/no longer open/)]);
    expect((await access.authenticate(asking({ "x-api-key": key }))).tenant).toBe("acme");
    await records.keys.revoke(id);
    await expect(access.authenticate(asking())).rejects.toThrow("an API key is needed");
  });

  test("a key of ours that is shown must be right even while it is open", async () => {
    const { key } = newApiKey();
    const local = newApiKey().key;
    const access = await setup({ localKey: local });
    await expect(access.authenticate(asking({ "x-api-key": key }))).rejects.toThrow(/unknown/);
    expect((await access.authenticate(asking({ "x-api-key": "lsv2_x" }))).id).toBe("open");
    expect((await access.authenticate(asking({ "x-api-key": local }))).id).toBe("local");
    expect(access.isOpen).toBe(true);
  });

  test("keys and tokens side by side: each is judged by its own rules", async () => {
    const { key, id } = await newKey();
    const access = await setup({ host: "0.0.0.0", tokens });
    const token = { authorization: "Bearer a.b.c" };
    expect((await access.authenticate(asking({ ...token, "x-api-key": key }))).id).toBe(id);
    await expect(access.authenticate(asking({ ...token, "x-api-key": "lsv2_x" }))).rejects.toThrow(
      /token is not valid/,
    );
    await expect(access.authenticate(asking({ "x-api-key": "lsv2_x" }))).rejects.toThrow(/API key/);
    await expect(access.authenticate(asking())).rejects.toThrow("an API key or a token is needed");
  });

  test("with handlers it is never open, whatever the address", async () => {
    const handlers = new Auth().authenticate(() => "ann").on("*", () => false);
    const access = await setup({ handlers });
    expect(access.isOpen ?? false).toBe(false);
    expect(await access.authenticate(asking())).toMatchObject({ id: "ann", role: "runner" });
    const local = newApiKey().key;
    const owned = await setup({ handlers, localKey: local });
    expect(await owned.authenticate(asking({ "x-api-key": local }))).toMatchObject({
      role: "admin",
    });
  });

  test("handlers that say not who asks need keys or tokens", async () => {
    const handlers = new Auth().on("*", () => true);
    await expect(setup({ handlers })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await newKey();
    const access = await setup({ handlers });
    await expect(access.authenticate(asking())).rejects.toThrow("an API key is needed");
  });

  test("tokens that two would check are refused at start, as is what is no Auth", async () => {
    const handlers = new Auth().authenticate(() => "ann");
    await expect(setup({ handlers, tokens })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(setup({ handlers: {} })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
