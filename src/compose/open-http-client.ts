// The client for requests to other machines, with the lists of what it may reach.
import { createHttpClient, type HttpPolicy, type OutboundClient } from "../outbound/index.ts";
import type { Settings } from "./settings.ts";

/**
 * Every purpose may reach what TUTTI_HTTP_ALLOW says; those that serve one configured address reach
 * that address only, wherever it is. `more` names further such purposes. Throws CONFIG_INVALID.
 *
 * @public Loaded by compose/services.ts with a dynamic import.
 */
export const openHttpClient = (
  settings: Pick<Settings, "httpAllow" | "searxngUrl">,
  more: Readonly<Record<string, HttpPolicy>> = {},
): OutboundClient => {
  const { httpAllow, searxngUrl } = settings;
  const search = searxngUrl === undefined ? undefined : new URL(searxngUrl).origin;
  return createHttpClient({
    allow: httpAllow,
    purposes: {
      ...(search === undefined ? {} : { web_search: { allow: [search], setting: "SEARXNG_URL" } }),
      ...more,
    },
  });
};
