import { Auth, HTTPException } from "@langchain/langgraph-sdk/auth";
import { describe, expect, test } from "vitest";
import type { Access, Action, Principal, Resource } from "../../../src/server/access.ts";
import { readAuthHandlers } from "../../../src/server/auth/auth-handlers.ts";
import { handlerAccess } from "../../../src/server/auth/handler-access.ts";
import { authorizeByRole } from "../../../src/server/auth/role-access.ts";
import { problemOf } from "../../../src/server/problem.ts";
import type { JsonObject } from "../../../src/storage/index.ts";

const handled = (auth: unknown, inner?: Access): Access =>
  handlerAccess(readAuthHandlers(auth), inner);

const request = (headers: Record<string, string> = {}): Request =>
  new Request("http://localhost/threads", { method: "POST", headers, body: "{}" });

const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return problemOf(error);
};

const ann = (): Auth => new Auth().authenticate(() => "ann");

const ask = async (
  auth: Auth,
  resource: Resource = "threads",
  action: Action = "read",
  value: JsonObject = {},
) => {
  const access = handled(auth);
  return access.authorize(await access.authenticate(request()), resource, action, value);
};

describe("who asks", () => {
  test("a string is an identity; an object keeps all its fields", async () => {
    expect(await handled(ann()).authenticate(request())).toEqual({
      tenant: "default",
      id: "ann",
      role: "runner",
      permissions: [],
      user: { identity: "ann", display_name: "ann", is_authenticated: true, permissions: [] },
    });
    const auth = new Auth().authenticate(() => ({
      identity: "bob",
      display_name: "Bob",
      permissions: ["read", "write"],
      org: { id: 7 },
      since: new Date(0),
    }));
    expect(await handled(auth).authenticate(request())).toMatchObject({
      id: "bob",
      permissions: ["read", "write"],
      user: {
        identity: "bob",
        display_name: "Bob",
        is_authenticated: true,
        org: { id: 7 },
        since: "1970-01-01T00:00:00.000Z",
      },
    });
  });

  test("the handler sees method, address and headers", async () => {
    const auth = new Auth().authenticate((asked) => {
      if (asked.headers.get("x-api-key") !== "s3cret") throw new HTTPException(401);
      return `${asked.method} ${new URL(asked.url).pathname} ${asked.body === null}`;
    });
    const principal = await handled(auth).authenticate(request({ "x-api-key": "s3cret" }));
    expect(principal.id).toBe("POST /threads true");
  });

  test("an HTTPException is answered with its status, words and headers", async () => {
    const auth = new Auth().authenticate(() => {
      throw new HTTPException(401, { message: "who?", headers: { "WWW-Authenticate": "Bearer" } });
    });
    expect(await failure(handled(auth).authenticate(request()))).toMatchObject({
      status: 401,
      code: "UNAUTHENTICATED",
      detail: "who?",
      headers: { "www-authenticate": "Bearer" },
    });
  });

  test.each([null, undefined, false, { identity: "ann", is_authenticated: false }])(
    "%o is nobody",
    async (answer) => {
      const auth = new Auth().authenticate(() => answer as never);
      expect(await failure(handled(auth).authenticate(request()))).toMatchObject({ status: 401 });
    },
  );

  test.each([{}, { identity: "" }, { identity: 7 }, "", true, 7, ["ann"], { identity: null }])(
    "%o is a fault of the handler, not a user",
    async (answer) => {
      const auth = new Auth().authenticate(() => answer as never);
      const problem = await failure(handled(auth).authenticate(request()));
      expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
      expect(problem.detail).not.toMatch(/handler|identity/);
    },
  );

  test("any other error is a 500 that says nothing, also one that has a status", async () => {
    const refused = Object.assign(new Error("db at 10.0.0.7 refused"), { status: 404 });
    for (const error of [refused, new TypeError("secret"), "text", { status: 401 }]) {
      const auth = new Auth().authenticate(() => {
        throw error;
      });
      const problem = await failure(handled(auth).authenticate(request()));
      expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
      expect(JSON.stringify(problem)).not.toMatch(/10\.0|secret/);
    }
  });

  test("x-auth-scheme is no authentication", async () => {
    const auth = new Auth().authenticate(() => {
      throw new HTTPException(401);
    });
    const asked = request({ "x-auth-scheme": "langsmith" });
    expect(await failure(handled(auth).authenticate(asked))).toMatchObject({ status: 401 });
  });
});

describe("what they may", () => {
  test("the most specific handler decides, and only that one", async () => {
    const asked: string[] = [];
    const auth = ann();
    for (const name of ["*", "*:read", "threads", "threads:read"] as const)
      auth.on(name, ({ event }) => void asked.push(`${name} for ${event}`));
    await ask(auth, "threads", "read");
    await ask(auth, "threads", "create");
    await ask(auth, "assistants", "read");
    await ask(auth, "store", "put");
    await ask(auth, "crons", "read");
    expect(asked).toEqual([
      "threads:read for threads:read",
      "threads for threads:create",
      "*:read for assistants:read",
      "* for store:put",
      "*:read for crons:read",
    ]);
  });

  test("it is told who, what and with which value", async () => {
    let told: unknown;
    const auth = new Auth()
      .authenticate(() => ({ identity: "ann", permissions: ["p"] }))
      .on("threads:search", (call) => void (told = structuredClone(call)));
    await ask(auth, "threads", "search", { limit: 10, metadata: { a: 1 } });
    expect(told).toEqual({
      event: "threads:search",
      resource: "threads",
      action: "search",
      value: { limit: 10, metadata: { a: 1 } },
      permissions: ["p"],
      user: { identity: "ann", display_name: "ann", is_authenticated: true, permissions: ["p"] },
    });
  });

  test("nothing, null and true let it pass; no handler does too; false is 403", async () => {
    for (const answer of [undefined, null, true])
      expect(await ask(ann().on("*", () => answer as never))).toEqual({
        scope: { tenant: "default" },
        value: {},
      });
    expect((await ask(ann())).scope).toEqual({ tenant: "default" });
    expect(await failure(ask(ann().on("*", () => false)))).toMatchObject({
      status: 403,
      code: "FORBIDDEN",
    });
  });

  test("a handler changes the value, not the caller's own", async () => {
    const value = { thread_id: "t", metadata: { a: 1 } };
    const auth = ann().on("threads:create", ({ value: theirs, user }) => {
      theirs.metadata ??= {};
      theirs.metadata["owner"] = user.identity;
    });
    expect((await ask(auth, "threads", "create", value)).value).toEqual({
      thread_id: "t",
      metadata: { a: 1, owner: "ann" },
    });
    expect(value.metadata).toEqual({ a: 1 });
  });

  test("one call cannot change the user of the next", async () => {
    const auth = ann().on("*", ({ user }) => {
      const { identity } = user;
      user.identity = "root";
      return { owner: identity };
    });
    const access = handled(auth);
    const principal = await access.authenticate(request());
    for (const action of ["read", "search"] as const)
      expect((await access.authorize(principal, "threads", action, {})).scope.filter).toEqual({
        owner: "ann",
      });
  });

  test.each([
    [{ owner: "ann" }, { owner: "ann" }],
    [{ owner: { $eq: "ann" } }, { owner: { $eq: "ann" } }],
    [{ groups: { $contains: ["a", "b"] } }, { groups: { $contains: ["a", "b"] } }],
    [
      { groups: { $contains: "a", $eq: ["a"] } },
      { $and: [{ groups: { $contains: "a" } }, { groups: { $eq: ["a"] } }] },
    ],
    [{ a: 1, b: null }, { $and: [{ a: 1 }, { b: null }] }],
    [{ $or: [{ a: 1 }, { b: { $eq: 0 } }] }, { $or: [{ a: 1 }, { b: { $eq: 0 } }] }],
    [{}, {}],
  ])("the filter %o goes to the records", async (filter, expected) => {
    const { scope } = await ask(ann().on("*", () => filter as never));
    expect(scope).toEqual({ tenant: "default", filter: expected });
  });

  test.each([
    { owner: undefined },
    { owner: { $eq: undefined } },
    { owner: { $contains: [undefined] } },
    { owner: () => "ann" },
    { owner: Number.NaN },
    { owner: new Date() },
    { owner: { $ne: "ann" } },
    { owner: { $eq: "ann", other: 1 } },
    { $not: { owner: "ann" } },
    { $or: { owner: "ann" } },
    { $or: ["owner"] },
    new Map([["owner", "ann"]]),
    ["owner"],
    "ann",
    1,
  ])("%o as a filter is a 500, never open", async (filter) => {
    const problem = await failure(ask(ann().on("*", () => filter as never)));
    expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
  });

  test("errors of a handler: its HTTPException, else a 500 that says nothing", async () => {
    const exception = ann().on("*", () => {
      throw new HTTPException(403, { message: "Not authorized" });
    });
    expect(await failure(ask(exception))).toMatchObject({ status: 403, detail: "Not authorized" });
    const bug = ann().on("*", async () => {
      throw new Error("at line 7");
    });
    const problem = await failure(ask(bug));
    expect(problem).toMatchObject({ status: 500 });
    expect(problem.detail).not.toMatch(/line 7/);
  });

  test("files cannot be filtered: a handler must say yes or no", async () => {
    const auth = ann().on("*", () => ({ owner: "ann" }));
    expect(await failure(ask(auth, "files", "read"))).toMatchObject({ status: 403 });
    await ask(auth, "files", "create");
    const decided = auth.on("files" as "*", () => true);
    expect((await ask(decided, "files", "read")).scope).toEqual({ tenant: "default" });
  });

  test("what is the operators' stays theirs", async () => {
    expect(await failure(ask(ann(), "system", "read"))).toMatchObject({ status: 403 });
  });
});

describe("together with keys", () => {
  const principal = (role: Principal["role"]): Principal => ({
    tenant: "acme",
    id: "key-1",
    role,
    user: { identity: "key-1" },
    permissions: [role],
  });
  const inner = (role: Principal["role"]): Access => ({
    authenticate: () => Promise.resolve(principal(role)),
    authorize: authorizeByRole,
  });
  const keyed = request({ "x-api-key": "tutti_x" });

  test("a key of ours does not go to the handlers' authenticate, anything else does", async () => {
    const access = handled(ann(), inner("runner"));
    expect((await access.authenticate(keyed)).id).toBe("key-1");
    expect((await access.authenticate(request({ "x-api-key": "other" }))).id).toBe("ann");
    expect((await access.authenticate(request())).id).toBe("ann");
  });

  test("handlers decide about who has a key, too, in its own tenant", async () => {
    const access = handled(
      ann().on("*", ({ user }) => ({ owner: user.identity })),
      inner("runner"),
    );
    const { scope } = await access.authorize(
      await access.authenticate(keyed),
      "threads",
      "read",
      {},
    );
    expect(scope).toEqual({ tenant: "acme", filter: { owner: "key-1" } });
  });

  test("handlers widen no role, and are not asked about admins", async () => {
    const auth = ann().on("*", () => true);
    const access = handled(auth, inner("viewer"));
    const viewer = await access.authenticate(keyed);
    expect(await failure(access.authorize(viewer, "threads", "create", {}))).toMatchObject({
      status: 403,
    });
    const strict = handled(
      ann().on("*", () => false),
      inner("admin"),
    );
    const admin = await strict.authenticate(keyed);
    expect((await strict.authorize(admin, "threads", "read", {})).scope).toEqual({
      tenant: "acme",
    });
  });

  test("handlers that do not authenticate leave that to keys and tokens", async () => {
    const auth = new Auth().on("threads", () => false);
    const access = handled(auth, inner("runner"));
    expect((await access.authenticate(request())).id).toBe("key-1");
    expect(() => handled(auth)).toThrow(/who asks/);
  });
});

describe("auth.path", () => {
  test.each([undefined, null, {}, { "~handlerCache": null }, () => ({}), "auth"])(
    "%o is no Auth",
    (exported) => {
      expect(() => readAuthHandlers(exported)).toThrow(/no Auth object/);
    },
  );
});
