// The list of what may be reached, entry by entry. A request passes when one entry allows both the
// name that was asked for and the address that it resolved to.
import { TuttiError } from "../errors.ts";
import { networkTest, specialKind } from "./public-address.ts";
import type { Target } from "./target.ts";

export interface AllowRule {
  /** False when no address could make this entry match: then the name is not even resolved. */
  mayAllow(target: Target): boolean;
  allows(target: Target, address: string): boolean;
}

const isPublic = (address: string): boolean => specialKind(address) === undefined;

const ANY_PUBLIC: AllowRule = {
  mayAllow: () => true,
  allows: (_target, address) => isPublic(address),
};

const NAME = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
const BRACKETED = /^\[([^\]]+)\](\/\d+)?(?::(\d{1,5}))?$/;
const PLAIN = /^([^:]+)()(?::(\d{1,5}))?$/;

interface Parts {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
}

const readParts = (entry: string): Parts => {
  const [, scheme, rest = ""] = /^(?:(https?):\/\/)?(.*?)\/?$/.exec(entry.toLowerCase()) ?? [];
  // An IPv6 network without brackets has colons of its own, so it takes no port.
  if (networkTest(rest) !== undefined) return { scheme, host: rest, port: undefined };
  const [, host = "", bits = "", port] = BRACKETED.exec(rest) ?? PLAIN.exec(rest) ?? [];
  return { scheme, host: host + bits, port: port === undefined ? undefined : Number(port) };
};

/**
 * `public`; `example.com`, `*.example.com` (at public addresses); `10.0.0.0/8`, `fd00::/8`,
 * `192.168.1.7` (whatever the name); each with `:port`, with `https://` before it, or both. An origin
 * with scheme and exact host, such as `http://searx:8080`, is allowed wherever the name resolves to.
 * Throws CONFIG_INVALID.
 */
export const readAllowRule = (entry: string): AllowRule => {
  if (entry === "public") return ANY_PUBLIC;
  const { scheme, host, port } = readParts(entry);
  const inNetwork = networkTest(host);
  const fits = (target: Target): boolean =>
    (scheme === undefined || scheme === target.scheme) &&
    (port ?? (scheme === undefined ? target.port : scheme === "https" ? 443 : 80)) === target.port;
  if ((port ?? 1) > 65_535 || port === 0) throw invalid(entry);
  if (inNetwork !== undefined) {
    // An origin is one server: a name that resolves to its address is another origin.
    const byAddress = scheme !== undefined && !host.includes("/");
    return {
      mayAllow: (target) =>
        fits(target) && (target.isAddress ? inNetwork(target.host) : !byAddress),
      allows: (target, address) =>
        fits(target) && inNetwork(address) && (target.isAddress || !byAddress),
    };
  }
  if (!NAME.test(host) || /(^|\.)(\d+|0x[\da-f]*)$/.test(host)) throw invalid(entry);
  const named = (target: Target): boolean =>
    fits(target) &&
    (host.startsWith("*.") ? target.host.endsWith(host.slice(1)) : target.host === host);
  const anywhere = scheme !== undefined && !host.startsWith("*.");
  return {
    mayAllow: named,
    allows: (target, address) => named(target) && (anywhere || isPublic(address)),
  };
};

const invalid = (entry: string): TuttiError =>
  new TuttiError("CONFIG_INVALID", `"${entry}" is no entry of a list of allowed addresses.`, {
    hint: 'Write "public", a name (*.example.com), a network (10.0.0.0/8) or an origin (http://host:8080).',
  });
