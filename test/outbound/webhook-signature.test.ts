import { signWebhook, verifyWebhook } from "../../src/outbound/index.ts";

// The first vector is the one that the Standard Webhooks libraries are tested with; the others were
// computed with Python's hmac module.
const VECTORS = [
  {
    secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
    id: "msg_loFOjxBNrRLzqYUf",
    timestamp: 1731705121,
    body: '{"event_type":"ping","data":{"success":true}}',
    signature: "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
  },
  {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    id: "run_019",
    timestamp: 1764000000,
    body: '{"status":"success","note":"größer ✓"}',
    signature: "v1,CECuNEPj6S907ea5m11tKMIxGz8SRKCjyrOJna61THM=",
  },
  {
    secret: "plain text secret",
    id: "run_019",
    timestamp: 1764000000,
    body: "",
    signature: "v1,P5qPI95QDneVtWXq0Ue7BNM/K1CiWluhFFZXn5FUWoo=",
  },
  {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    id: "run_019",
    timestamp: 1764000000,
    body: Uint8Array.of(0, 255, 10, 13),
    signature: "v1,3kOHQApCmLDqXzuXTz0JzjzCTQhQTZ8mu/SlsJzCzlc=",
  },
];

const [vector] = VECTORS;
const other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("a webhook's signature", () => {
  it.each(VECTORS)("is what other implementations compute ($signature)", (one) => {
    const headers = signWebhook(one.secret, one.id, one.timestamp, one.body);
    expect(headers).toEqual({
      "webhook-id": one.id,
      "webhook-timestamp": String(one.timestamp),
      "webhook-signature": one.signature,
    });
    const check = { secrets: one.secret, headers: { ...headers }, now: one.timestamp };
    expect(verifyWebhook({ ...check, body: one.body })).toBe(true);
  });

  it("fits the old and the new secret while one replaces the other, in both directions", () => {
    const { id, timestamp, body, secret } = vector!;
    const both = { ...signWebhook([other, secret], id, timestamp, body) };
    for (const secrets of [secret, other, [secret, other]])
      expect(verifyWebhook({ secrets, headers: both, body, now: timestamp })).toBe(true);
    const old = { ...signWebhook(secret, id, timestamp, body) };
    expect(verifyWebhook({ secrets: [other, secret], headers: old, body, now: timestamp })).toBe(
      true,
    );
    expect(verifyWebhook({ secrets: other, headers: old, body, now: timestamp })).toBe(false);
  });

  it("is refused when anything that was signed has changed, is missing or is late", () => {
    const { id, timestamp, body, secret } = vector!;
    const good = { ...signWebhook(secret, id, timestamp, body) };
    const check = { secrets: secret, headers: good, body, now: timestamp };
    const changed: Parameters<typeof verifyWebhook>[0][] = [
      { ...check, body: `${String(body)} ` },
      { ...check, headers: { ...good, "webhook-id": "msg_2" } },
      { ...check, headers: { ...good, "webhook-timestamp": String(timestamp + 1) } },
      { ...check, headers: { ...good, "webhook-timestamp": `${timestamp}.0` } },
      { ...check, headers: { ...good, "webhook-signature": "v1," } },
      { ...check, headers: { ...good, "webhook-signature": "" } },
      {
        ...check,
        headers: { ...good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,") },
      },
      { ...check, headers: { "webhook-signature": good["webhook-signature"] } },
      { ...check, headers: {} },
      { ...check, now: timestamp + 301 },
      { ...check, now: timestamp - 301 },
      { ...check, secrets: [] },
    ];
    for (const one of changed) expect(verifyWebhook(one)).toBe(false);
    expect(verifyWebhook({ ...check, now: timestamp + 300 })).toBe(true);
  });
});
