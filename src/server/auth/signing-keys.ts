// The keys an issuer signs its tokens with (JWKS): fetched through the one outbound client, kept, and
// fetched again when a token names a key that is not among them. While the issuer cannot be reached, the
// keys that are known go on counting.
import {
  createLocalJWKSet,
  errors,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
  type LocalJWKSet,
} from "jose";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { messageOf, TuttiError } from "../../errors.ts";
import type { HttpClient } from "../../ports/index.ts";
import { ProblemError } from "../problem.ts";

export interface SigningKeysOptions {
  /** Exactly as tokens name it. */
  readonly issuer: string;
  /** Else what the issuer's discovery document says. */
  readonly jwksUrl?: string | undefined;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void };
}

/** For the outbound client's lists. */
const PURPOSE = "identity";
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
/** Between two attempts, whatever tokens say: strangers must not make this server call the issuer. */
const COOLDOWN_MS = 30_000;
/** Keys that the issuer has withdrawn stop counting after about this long. */
const FRESH_MS = 10 * 60_000;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

const failed = (message: string, cause?: unknown): TuttiError =>
  new TuttiError("HTTP_FAILED", message, {
    hint: "check the token issuer, or name its keys with TUTTI_JWKS_URL",
    retryable: true,
    cause,
  });

const fetchJson = async <Shape>(
  http: HttpClient,
  url: string,
  shape: z.ZodType<Shape>,
): Promise<Shape> => {
  const { status, body } = await http.request({
    url,
    purpose: PURPOSE,
    headers: { accept: "application/json" },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    redirects: 0,
  });
  if (status !== 200) throw failed(`${url} answers ${status}`);
  try {
    return shape.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch (error) {
    throw failed(`${url} does not hold what it should`, error);
  }
};

const discover = async ({ http, issuer }: SigningKeysOptions): Promise<string> => {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const found = await fetchJson(http, url, Discovery);
  if (found.issuer !== issuer) throw failed(`${url} is of another issuer: ${found.issuer}`);
  if (issuer.startsWith("https:") && !found.jwks_uri.startsWith("https:"))
    throw failed(`${url} names keys that come without TLS`);
  return found.jwks_uri;
};

const unavailable = (): ProblemError =>
  new ProblemError({
    status: 503,
    code: "HTTP_FAILED",
    detail: "tokens cannot be checked now: the issuer's keys cannot be fetched",
    hint: "try again in a moment",
    headers: { "retry-after": String(COOLDOWN_MS / 1_000) },
  });

const isUnknownKey = (error: unknown): boolean => error instanceof errors.JWKSNoMatchingKey;

/** For `jwtVerify`. Throws jose's errors, and a 503 while no keys could be fetched at all. */
export const createSigningKeys = (options: SigningKeysOptions): JWTVerifyGetKey => {
  const { http, clock, log } = options;
  let known: LocalJWKSet | undefined;
  let knownSince = 0;
  let triedAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    triedAt = clock.now();
    try {
      const url = options.jwksUrl ?? (await discover(options));
      known = createLocalJWKSet(await fetchJson(http, url, KeySet));
      knownSince = clock.now();
    } catch (error) {
      log.warn(
        { err: error, issuer: options.issuer },
        `the token issuer's keys cannot be fetched: ${messageOf(error)}`,
      );
    } finally {
      underWay = undefined;
    }
  };
  /** One at a time, and not again within the cooldown. */
  const refresh = (): Promise<void> => {
    if (underWay === undefined && clock.now() - triedAt >= COOLDOWN_MS) underWay = fetchKeys();
    return underWay ?? Promise.resolve();
  };

  return async (header: JWTHeaderParameters, token) => {
    if (known === undefined) await refresh();
    // Old keys are good enough for this token; the next one finds the new ones.
    else if (clock.now() - knownSince >= FRESH_MS) void refresh();
    if (known === undefined) throw unavailable();
    try {
      return await known(header, token);
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      await refresh();
      return await known(header, token);
    }
  };
};
