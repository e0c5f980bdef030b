// Where a request goes, read once and strictly: what two parsers could read differently is refused.
import { isIP } from "node:net";
import { refused } from "./http-error.ts";

export interface Target {
  readonly scheme: "http" | "https";
  /** Lower case, punycode; IPv4 in dotted form, IPv6 without brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  /** `https://example.com:8443`; the only part of a URL that messages may show. */
  readonly origin: string;
  /** With the query, without the fragment. */
  readonly path: string;
  readonly url: string;
}

const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const ODD_CHARACTERS = /[\u0000-\u0020\u007F\\]/;

const odd = (what: string) =>
  refused(`The URL ${what}.`, "Give an absolute http or https URL, such as https://example.com/a.");

/** `base` is where a redirect came from. Numeric hosts in any spelling become the address they mean. */
export const readTarget = (text: string, base?: Target): Target => {
  if (ODD_CHARACTERS.test(text)) throw odd("has a space, a control character or a backslash");
  if (!URL.canParse(text, base?.url)) throw odd("cannot be read");
  const url = new URL(text, base?.url);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== "http" && scheme !== "https") throw odd("is neither http nor https");
  if (url.username !== "" || url.password !== "" || /^[a-z]+:\/*[^/?#]*@/i.test(text))
    throw odd("has a user or a password in it");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isAddress = isIP(host) !== 0;
  if (!isAddress && host.endsWith(".")) throw odd("has a host that ends with a dot");
  if (!isAddress && !HOST.test(host)) throw odd("has a host with odd characters");
  if (url.port === "0") throw odd("has port 0");
  url.hash = "";
  return {
    scheme,
    host,
    isAddress,
    port: url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port),
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    url: url.href,
  };
};
