// The one way out: requests to other machines, and the signatures of webhooks.
export { createHttpClient } from "./http-client.ts";
export type { HttpClientOptions, HttpLimits, OutboundClient } from "./http-client.ts";
export type { HttpPolicy, Resolve } from "./route.ts";
export { signWebhook, verifyWebhook } from "./webhook-signature.ts";
export type { WebhookCheck, WebhookHeaders } from "./webhook-signature.ts";
