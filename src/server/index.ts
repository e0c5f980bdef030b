// The API over HTTP.
export type { Access, Action, Principal, Resource } from "./access.ts";
export { accessFor, type AccessSetup } from "./auth/access-for.ts";
export { newApiKey } from "./auth/api-key.ts";
export { type ApiServer, createServer, type Listening } from "./create-server.ts";
export { openAccess } from "./open-access.ts";
export type { CorsOptions, RateLimit, RouteGroup, ServerOptions } from "./options.ts";
export type { Platform } from "./platform.ts";
export type { UiBundle, UiBundles } from "./ui-bundles.ts";
export { webhookOf } from "./wire/webhook.ts";
