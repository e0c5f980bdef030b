import { createHmac } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHttpClient, type OutboundClient } from "../../../src/outbound/index.ts";
import { tokenAccess } from "../../../src/server/auth/token-access.ts";
import { problemOf } from "../../../src/server/problem.ts";
import { type LoopbackServer, startHttpServer } from "../../fixtures/http-server.ts";

type Algorithm = "RS256" | "ES256" | "EdDSA" | "RS512";

interface Signer {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly jwk: JWK;
  readonly pem: string;
  sign(claims: JWTPayload): Promise<string>;
}

const signer = async (kid: string, alg: Algorithm): Promise<Signer> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
    pem: await exportSPKI(publicKey),
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey),
  };
};

const AUDIENCE = "tutti";
const clock = { time: 0, now: () => clock.time };
const seconds = (): number => Math.floor(clock.time / 1_000);

let signers: Record<"rsa" | "ec" | "ed" | "weak" | "next", Signer>;
let idp: LoopbackServer;
let http: OutboundClient;
/** What the identity provider publishes now; undefined: it is down. */
let published: readonly Signer[] | undefined;
let discovered: Record<string, unknown> | undefined;
let warnings: string[] = [];

beforeAll(async () => {
  const [rsa, ec, ed, weak, next] = await Promise.all([
    signer("r1", "RS256"),
    signer("e1", "ES256"),
    signer("d1", "EdDSA"),
    signer("w1", "RS512"),
    signer("r2", "RS256"),
  ]);
  signers = { rsa, ec, ed, weak, next };
  idp = await startHttpServer((request, response) => {
    const isDiscovery = request.url?.endsWith("/.well-known/openid-configuration") ?? false;
    const body = isDiscovery ? discovered : published && { keys: published.map(({ jwk }) => jwk) };
    response.statusCode = body === undefined ? 503 : 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(body ?? {}));
  });
  http = createHttpClient({ purposes: { identity: { allow: [idp.origin] } } });
});
afterAll(async () => {
  http.close();
  await idp.close();
});
beforeEach(() => {
  clock.time = Date.UTC(2026, 10, 22);
  published = [signers.rsa, signers.ec, signers.ed, signers.weak];
  discovered = { issuer: idp.origin, jwks_uri: `${idp.origin}/keys` };
  idp.asked.length = 0;
  warnings = [];
});

const access = (more: { jwksUrl?: string; issuer?: string; roleClaim?: string } = {}) =>
  tokenAccess({
    issuer: idp.origin,
    audience: AUDIENCE,
    http,
    clock,
    log: { warn: (_fields, message) => void warnings.push(message) },
    ...more,
  });

const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: idp.origin,
  aud: AUDIENCE,
  sub: "ann",
  exp: seconds() + 300,
  ...more,
});

const bearing = (token: string): Request =>
  new Request("http://localhost/threads", { headers: { authorization: `Bearer ${token}` } });

const enter = (keyed: ReturnType<typeof access>, token: string) =>
  keyed.authenticate(bearing(token));

const refusal = async (keyed: ReturnType<typeof access>, token: string) =>
  problemOf(
    await enter(keyed, token).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("tokens of an identity provider", () => {
  test("RS256, ES256 and EdDSA by the keys that the issuer's discovery names", async () => {
    const keyed = access();
    for (const { sign } of [signers.rsa, signers.ec, signers.ed])
      expect(
        await enter(keyed, await sign(claims({ tenant: "acme", role: "runner", name: "Ann" }))),
      ).toEqual({
        tenant: "acme",
        id: "ann",
        role: "runner",
        permissions: [],
        user: { identity: "ann", display_name: "Ann", is_authenticated: true, permissions: [] },
      });
    expect(idp.asked.map(({ url }) => url)).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });

  test("no tenant is the default one, no role a viewer, scopes are permissions", async () => {
    const token = await signers.rsa.sign(claims({ scope: "read write" }));
    expect(await enter(access(), token)).toMatchObject({
      tenant: "default",
      role: "viewer",
      permissions: ["read", "write"],
    });
  });

  test.each([
    ["role", "owner"],
    ["role", ["admin"]],
    ["role", ""],
    ["tenant", ""],
    ["tenant", "a/b"],
    ["tenant", "a~b"],
    ["tenant", "a.b"],
    ["tenant", 7],
    ["tenant", "x".repeat(64)],
  ])("a claim %s of %o is refused", async (claim, value) => {
    const problem = await refusal(access(), await signers.rsa.sign(claims({ [claim]: value })));
    expect(problem).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect(problem.detail).toContain(claim);
  });

  test("issuer, audience and times must be right, up to half a minute of skew", async () => {
    const keyed = access();
    const { sign } = signers.ec;
    const wrong: [JWTPayload, RegExp][] = [
      [{ iss: `${idp.origin}/` }, /claim iss/],
      [{ iss: undefined }, /claim iss/],
      [{ aud: "other" }, /claim aud/],
      [{ aud: undefined }, /claim aud/],
      [{ exp: undefined }, /claim exp/],
      [{ sub: undefined }, /claim sub/],
      [{ sub: "" }, /claim sub/],
      [{ exp: seconds() - 31 }, /expired/],
      [{ nbf: seconds() + 31 }, /claim nbf/],
    ];
    for (const [more, why] of wrong)
      expect((await refusal(keyed, await sign(claims(more)))).detail).toMatch(why);
    for (const more of [
      { exp: seconds() - 29 },
      { nbf: seconds() + 29 },
      { aud: ["other", AUDIENCE] },
    ])
      await enter(keyed, await sign(claims(more)));
  });

  test("unsigned tokens, shared secrets and other algorithms are refused", async () => {
    const keyed = access();
    const body = part(claims({ role: "admin" }));
    const hmac = (header: string, secret: string): string =>
      createHmac("sha256", secret).update(`${header}.${body}`).digest("base64url");
    const hs = part({ alg: "HS256", kid: "r1" });
    const [head = "", payload = "", signature = ""] = (await signers.rsa.sign(claims())).split(".");
    const forged = [
      `${part({ alg: "none" })}.${body}.`,
      `${part({ alg: "None", kid: "r1" })}.${body}.`,
      // the public key taken for a shared secret
      `${hs}.${body}.${hmac(hs, signers.rsa.pem)}`,
      `${hs}.${body}.${hmac(hs, JSON.stringify(signers.rsa.jwk))}`,
      await signers.weak.sign(claims()),
      `${head}.${body}.${signature}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${part({ alg: "RS256", kid: "r1", jwk: signers.next.jwk })}.${payload}.${signature}`,
      `${part({ alg: "RS256", kid: "r1", crit: ["x"], x: 1 })}.${payload}.${signature}`,
      `${part({ alg: "ES256", kid: "r1" })}.${payload}.${signature}`,
      "x",
      "..",
      "a.b.c",
      "a.b.c.d.e",
    ];
    for (const token of forged) {
      const problem = await refusal(keyed, token);
      expect(problem).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
      expect(problem.headers?.["www-authenticate"]).toContain('error="invalid_token"');
    }
  });

  test("addresses of keys in a token are not followed", async () => {
    const { origin } = idp;
    const head = part({ alg: "RS256", kid: "x", jku: `${origin}/evil`, x5u: `${origin}/evil` });
    expect((await refusal(access(), `${head}.${part(claims())}.AAAA`)).status).toBe(401);
    expect(idp.asked.map(({ url }) => url)).not.toContain("/evil");
  });

  test("rotated keys are found, but a token cannot make the server ask more than every 30 s", async () => {
    const keyed = access({ jwksUrl: `${idp.origin}/keys` });
    await enter(keyed, await signers.rsa.sign(claims()));
    published = [signers.next];
    const token = await signers.next.sign(claims());
    expect((await refusal(keyed, token)).detail).toMatch(/does not have/);
    expect(idp.asked).toHaveLength(1);
    clock.time += 30_000;
    await Promise.all([enter(keyed, token), enter(keyed, token), enter(keyed, token)]);
    expect(idp.asked).toHaveLength(2);
    expect((await refusal(keyed, await signers.rsa.sign(claims()))).status).toBe(401);
    expect(idp.asked).toHaveLength(2);
  });

  test("an issuer that is down does not lock out the keys it was known to have", async () => {
    const keyed = access();
    await enter(keyed, await signers.rsa.sign(claims()));
    published = undefined;
    clock.time += 24 * 3_600_000;
    const token = await signers.rsa.sign(claims());
    await enter(keyed, token);
    await enter(keyed, token);
    expect((await refusal(keyed, await signers.next.sign(claims()))).status).toBe(401);
    expect(warnings).toEqual([expect.stringMatching(/cannot be fetched/)]);
  });

  test("while it could never be reached, tokens are answered with 503", async () => {
    published = undefined;
    const keyed = access();
    const token = await signers.rsa.sign(claims());
    expect(await refusal(keyed, token)).toMatchObject({
      status: 503,
      headers: { "retry-after": "30" },
    });
    published = [signers.rsa];
    expect((await refusal(keyed, token)).status).toBe(503);
    clock.time += 30_000;
    expect(await enter(keyed, await signers.rsa.sign(claims()))).toMatchObject({ id: "ann" });
  });

  test("a discovery document of another issuer is not believed", async () => {
    discovered = { issuer: "https://other.example", jwks_uri: `${idp.origin}/keys` };
    expect((await refusal(access(), await signers.rsa.sign(claims()))).status).toBe(503);
    expect(warnings[0]).toMatch(/another issuer/);
  });

  test("without a token, and with an API key instead of one, it says what it takes", async () => {
    for (const headers of [{}, { "x-api-key": "k" }, { authorization: "Bearer" }])
      await expect(
        access().authenticate(
          new Request("http://localhost/", { headers: headers as Record<string, string> }),
        ),
      ).rejects.toThrow("a token is needed");
  });
});
