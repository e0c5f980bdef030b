// A page of another site can make a browser reach a server on this machine by a name of its own (DNS
// rebinding). The Host header then holds that name: only names the server was told of are answered.
import { ProblemError } from "../problem.ts";

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
const ANY_ADDRESS: readonly string[] = ["0.0.0.0", "::", "[::]", ""];

/** The name of a Host header, without port, in lower case. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");

/** `localhost`, `127.…`, `[::1]`, `….localhost`. */
export const isLoopbackName = (name: string): boolean =>
  LOOPBACK.includes(name) || /^127(?:\.\d{1,3}){3}$/.test(name) || name.endsWith(".localhost");

const isAddress = (name: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || /^\[[\da-f:.]+\]$/.test(name);

export interface HostGuard {
  /** Throws FORBIDDEN (403) for a host the server does not answer to. */
  check(host: string | undefined): void;
}

/**
 * `address` is what the server listens on. Listening on all addresses it answers to every bare IP address:
 * rebinding takes a name. Other names come from the configuration.
 */
export const createHostGuard = (address: string, allowedHosts: readonly string[]): HostGuard => {
  const listening = address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
  const names = new Set([nameOf(listening), ...allowedHosts.map(nameOf)]);
  const answersAddresses = ANY_ADDRESS.includes(address);
  return {
    check: (host) => {
      const name = nameOf(host ?? "");
      if (names.has(name) || names.has("*") || isLoopbackName(name)) return;
      if (answersAddresses && isAddress(name)) return;
      throw new ProblemError({
        status: 403,
        code: "FORBIDDEN",
        detail: "the server does not answer to this Host",
        hint: "use the address it listens on, or add the name to the allowed hosts",
      });
    },
  };
};
