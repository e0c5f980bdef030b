import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newApiKey } from "../../../src/server/auth/api-key.ts";
import { keyAccess } from "../../../src/server/auth/key-access.ts";
import { problemOf } from "../../../src/server/problem.ts";
import {
  DEFAULT_TENANT,
  type KeyRow,
  type OpenRecords,
  openSqliteRecords,
  type Role,
} from "../../../src/storage/index.ts";

const clock = { time: 0, now: () => clock.time };
let database: Database.Database;
let records: OpenRecords;

beforeEach(() => {
  clock.time = Date.UTC(2026, 10, 22);
  database = new Database(":memory:");
  records = openSqliteRecords(database, { clock });
});
afterEach(() => void database.close());

const newKey = async (more: { role?: Role; tenant?: string; expiresAt?: number } = {}) => {
  const { key, hash, prefix } = newApiKey();
  const row = await records.keys.create({
    id: randomUUID(),
    tenant: more.tenant ?? "acme",
    name: "ci",
    role: more.role ?? "runner",
    hash,
    prefix,
    expiresAt: more.expiresAt ?? null,
  });
  return { key, row };
};

const access = (localKey?: string) => keyAccess({ keys: records.keys, clock, localKey });

const asked = (headers: Record<string, string>): Request =>
  new Request("http://localhost/threads", { headers });

const refusal = async (headers: Record<string, string>) =>
  problemOf(
    await access()
      .authenticate(asked(headers))
      .then(
        () => undefined,
        (error: unknown) => error,
      ),
  );

const used = async (): Promise<KeyRow["lastUsedAt"]> =>
  (await records.keys.list(undefined))[0]?.lastUsedAt ?? null;

describe("API keys", () => {
  test("a key acts for its tenant in its role, from either header", async () => {
    const { key, row } = await newKey({ role: "reviewer" });
    for (const headers of [
      { "x-api-key": key },
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}`, "x-api-key": "" },
    ])
      expect(await access().authenticate(asked(headers as Record<string, string>))).toMatchObject({
        tenant: "acme",
        id: row.id,
        role: "reviewer",
        user: { identity: row.id, display_name: "ci" },
      });
  });

  test("no key, or an empty one, is told how to get in", async () => {
    for (const headers of [
      {},
      { "x-api-key": "" },
      { "x-api-key": "  " },
      { authorization: "Basic YTpi" },
      { "x-auth-scheme": "langsmith" },
    ])
      expect(await refusal(headers as Record<string, string>)).toMatchObject({
        status: 401,
        code: "UNAUTHENTICATED",
        detail: "an API key is needed",
        headers: { "www-authenticate": 'Bearer realm="tutti"' },
      });
  });

  test("unknown, revoked and expired keys are refused in the same words", async () => {
    const revoked = await newKey();
    await records.keys.revoke(revoked.row.id);
    const expired = await newKey({ expiresAt: clock.time });
    const problems = [];
    for (const key of [newApiKey().key, "sk-other", revoked.key, expired.key])
      problems.push(await refusal({ "x-api-key": key }));
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(1);
    expect(problems[0]).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });

  test("a key stops working the moment it expires or is revoked", async () => {
    const { key, row } = await newKey({ expiresAt: clock.time + 1_000 });
    const keyed = access();
    await keyed.authenticate(asked({ "x-api-key": key }));
    clock.time += 1_000;
    await expect(keyed.authenticate(asked({ "x-api-key": key }))).rejects.toThrow(/expired/);
    const other = await newKey();
    await keyed.authenticate(asked({ "x-api-key": other.key }));
    await records.keys.revoke(other.row.id);
    await expect(keyed.authenticate(asked({ "x-api-key": other.key }))).rejects.toThrow(/revoked/);
    expect(row.revokedAt).toBeNull();
  });

  test("its use is noted once a minute at most", async () => {
    const { key } = await newKey();
    const keyed = access();
    const first = clock.time;
    await keyed.authenticate(asked({ "x-api-key": key }));
    expect(await used()).toBe(first);
    clock.time += 59_999;
    await keyed.authenticate(asked({ "x-api-key": key }));
    expect(await used()).toBe(first);
    clock.time += 1;
    await keyed.authenticate(asked({ "x-api-key": key }));
    expect(await used()).toBe(clock.time);
  });

  test("the local key is an admin of the default tenant", async () => {
    const { key } = newApiKey();
    const request = asked({ authorization: `Bearer ${key}` });
    expect(await access(key).authenticate(request)).toMatchObject({
      tenant: DEFAULT_TENANT,
      id: "local",
      role: "admin",
    });
    await expect(access(newApiKey().key).authenticate(request)).rejects.toThrow(/unknown/);
  });

  test("a role that may not is told so with 403", async () => {
    const { key } = await newKey({ role: "viewer" });
    const keyed = access();
    const viewer = await keyed.authenticate(asked({ "x-api-key": key }));
    expect(await keyed.authorize(viewer, "threads", "read", { thread_id: "t" })).toEqual({
      scope: { tenant: "acme" },
      value: { thread_id: "t" },
    });
    const error = await keyed.authorize(viewer, "threads", "create", {}).catch((e: unknown) => e);
    expect(problemOf(error)).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  test("what concerns all tenants is for admins of the default tenant", async () => {
    const keyed = access();
    const admin = async (tenant: string) =>
      keyed.authenticate(asked({ "x-api-key": (await newKey({ role: "admin", tenant })).key }));
    await keyed.authorize(await admin(DEFAULT_TENANT), "system", "read", {});
    await expect(keyed.authorize(await admin("acme"), "system", "read", {})).rejects.toThrow(
      /may not/,
    );
  });
});
