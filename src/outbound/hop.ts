// One request of a chain of redirects, and the rules that lead to the next.
import type { HttpRequest } from "../ports/index.ts";
import { refused } from "./http-error.ts";
import { readTarget, type Target } from "./target.ts";

export interface Hop {
  readonly target: Target;
  readonly method: NonNullable<HttpRequest["method"]>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);
/** These say how the message travels: given by a caller they could make two servers read it differently. */
const OF_THE_CONNECTION =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|http2-settings|proxy-.*)$/;
/** What another origin may be told; everything else, credentials under any name too, stays behind. */
const HARMLESS =
  /^(accept|accept-encoding|accept-language|content-type|content-language|content-encoding|range|user-agent)$/;
const OF_THE_BODY = /^content-/;

export const firstHop = (request: HttpRequest, defaults: Record<string, string>): Hop => {
  const method = request.method ?? "GET";
  if (!METHODS.has(method))
    throw refused(`The method ${JSON.stringify(method)} is not allowed.`, "Use GET or POST.");
  const headers: Record<string, string> = { ...defaults };
  for (const [given, value] of Object.entries(request.headers ?? {})) {
    const name = given.toLowerCase();
    if (OF_THE_CONNECTION.test(name))
      throw refused(
        `The header "${name}" may not be set.`,
        "Leave it out: it follows from the URL and the body.",
      );
    if (
      !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) ||
      !/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(value)
    )
      throw refused(
        `A header has a name or a value with characters that are not allowed${/^[\w-]+$/.test(name) ? `: ${name}` : ""}.`,
        "Encode the value, and leave out line breaks.",
      );
    headers[name] = value;
  }
  const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body;
  return { target: readTarget(request.url), method, headers, body };
};

const only = (
  headers: Readonly<Record<string, string>>,
  keep: (name: string) => boolean,
): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => keep(name)));

/**
 * Where a redirect leads; undefined when the answer is none. 303 becomes GET, so do 301 and 302 after
 * POST; 307 and 308 repeat method and body. Throws HTTP_REFUSED for odd addresses, and when an
 * encrypted request would go on in the clear.
 */
export const nextHop = (
  hop: Hop,
  status: number,
  location: string | undefined,
): Hop | undefined => {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const target = readTarget(location, hop.target);
  if (hop.target.scheme === "https" && target.scheme === "http")
    throw refused(
      `${hop.target.origin} redirects to ${target.origin}, without encryption.`,
      "Ask that address directly if this is meant.",
    );
  const { method } = hop;
  const becomesGet = (status === 303 && method !== "HEAD") || (status <= 302 && method === "POST");
  const kept =
    target.origin === hop.target.origin
      ? hop.headers
      : only(hop.headers, (name) => HARMLESS.test(name));
  if (!becomesGet) return { ...hop, target, headers: kept };
  const headers = only(kept, (name) => !OF_THE_BODY.test(name));
  return { target, method: "GET", headers, body: undefined };
};
