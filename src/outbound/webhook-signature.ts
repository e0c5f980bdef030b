// Webhooks are signed as Standard Webhooks 1.0 has it: HMAC-SHA256 over `id.timestamp.body`, in base64,
// under a version. A secret is `whsec_` and base64, or any text; several stand side by side while one
// is being replaced.
import { createHmac, timingSafeEqual } from "node:crypto";

/** The three headers that go with a webhook. */
export interface WebhookHeaders {
  readonly "webhook-id": string;
  /** Seconds since the epoch. */
  readonly "webhook-timestamp": string;
  /** `v1,<base64>`, one for each secret, separated by spaces. */
  readonly "webhook-signature": string;
}

const PREFIX = "whsec_";

const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), "base64")
    : Buffer.from(secret);

const sign = (secret: string, id: string, timestamp: string, body: Uint8Array | string): Buffer =>
  createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();

/** `timestamp`: seconds since the epoch. Sign with the new and the old secret while one replaces the other. */
export const signWebhook = (
  secrets: string | readonly string[],
  id: string,
  timestamp: number,
  body: Uint8Array | string,
): WebhookHeaders => {
  const seconds = String(Math.floor(timestamp));
  const all = typeof secrets === "string" ? [secrets] : secrets;
  return {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": all
      .map((secret) => `v1,${sign(secret, id, seconds, body).toString("base64")}`)
      .join(" "),
  };
};

export interface WebhookCheck {
  readonly secrets: string | readonly string[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Exactly as it came, before any parsing. */
  readonly body: Uint8Array | string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds that the sender's clock may differ; default 300. */
  readonly toleranceSeconds?: number;
}

/** True when one of the signatures fits one of the secrets, and the time is near enough to be no replay. */
export const verifyWebhook = (check: WebhookCheck): boolean => {
  const { secrets, headers, body, now, toleranceSeconds = 300 } = check;
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (id === "" || !/^\d{1,15}$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp)) > toleranceSeconds) return false;
  const all = typeof secrets === "string" ? [secrets] : secrets;
  const expected = all.map((secret) => sign(secret, id, timestamp, body));
  return (headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((one) => one.startsWith("v1,"))
    .map((one) => Buffer.from(one.slice(3), "base64"))
    .some((given) =>
      expected.some((own) => own.byteLength === given.byteLength && timingSafeEqual(own, given)),
    );
};
