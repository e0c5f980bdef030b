// Which IP addresses belong to somebody on the public internet. The IPv4 list is IANA's registry of
// special-purpose addresses; for IPv6 the reverse: only what is handed out for global use, less the
// parts of it that embed IPv4 addresses or stand in documentation.
import { BlockList, isIPv4, isIPv6 } from "node:net";

type Range = readonly [network: string, prefix: number, what: string];

const IPV4_RANGES: readonly Range[] = [
  ["0.0.0.0", 8, "an unspecified"],
  ["10.0.0.0", 8, "a private"],
  ["100.64.0.0", 10, "a carrier-grade NAT"],
  ["127.0.0.0", 8, "a loopback"],
  ["168.63.129.16", 32, "a cloud platform's"],
  ["169.254.0.0", 16, "a link-local"],
  ["172.16.0.0", 12, "a private"],
  ["192.0.0.0", 24, "a reserved"],
  ["192.0.2.0", 24, "a documentation"],
  ["192.88.99.0", 24, "a 6to4 relay"],
  ["192.168.0.0", 16, "a private"],
  ["198.18.0.0", 15, "a benchmarking"],
  ["198.51.100.0", 24, "a documentation"],
  ["203.0.113.0", 24, "a documentation"],
  ["224.0.0.0", 4, "a multicast"],
  ["240.0.0.0", 4, "a reserved"],
];

const IPV6_RANGES: readonly Range[] = [
  ["::", 128, "an unspecified"],
  ["::1", 128, "a loopback"],
  ["::ffff:0:0", 96, "an IPv4-mapped"],
  ["64:ff9b::", 96, "a NAT64"],
  ["64:ff9b:1::", 48, "a NAT64"],
  ["fc00::", 7, "a private"],
  ["fe80::", 10, "a link-local"],
  ["ff00::", 8, "a multicast"],
  ["2001::", 23, "a reserved"], // Teredo, benchmarking and ORCHID among them
  ["2001:db8::", 32, "a documentation"],
  ["2002::", 16, "a 6to4"],
  ["3fff::", 20, "a documentation"],
];

/** One list a family: in a mixed one node compares IPv4 addresses with IPv4-mapped networks. */
const listOf = (family: "ipv4" | "ipv6", network: string, prefix: number): BlockList => {
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list;
};
const prepare = (family: "ipv4" | "ipv6", ranges: readonly Range[]) =>
  ranges.map(([network, prefix, what]) => ({ list: listOf(family, network, prefix), what }));

const SPECIAL_IPV4 = prepare("ipv4", IPV4_RANGES);
const SPECIAL_IPV6 = prepare("ipv6", IPV6_RANGES);
const GLOBAL_IPV6 = listOf("ipv6", "2000::", 3);

/** What kind of address it is, "a loopback" say; undefined for a public one. */
export const specialKind = (address: string): string | undefined => {
  if (isIPv4(address)) return SPECIAL_IPV4.find(({ list }) => list.check(address, "ipv4"))?.what;
  if (!isIPv6(address) || address.includes("%")) return "an unreadable";
  const special = SPECIAL_IPV6.find(({ list }) => list.check(address, "ipv6"));
  if (special !== undefined) return special.what;
  return GLOBAL_IPV6.check(address, "ipv6") ? undefined : "a reserved";
};

/** A network such as `10.0.0.0/8` or one address, as a test for addresses; undefined when it is none. */
export const networkTest = (text: string): ((address: string) => boolean) | undefined => {
  const [network = "", bits, ...rest] = text.split("/");
  const family = isIPv4(network) ? "ipv4" : "ipv6";
  if (rest.length > 0 || (family === "ipv6" && (!isIPv6(network) || network.includes("%"))))
    return undefined;
  const widest = family === "ipv4" ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const prefix = bits === undefined ? widest : Number(bits);
  if (prefix > widest) return undefined;
  const list = listOf(family, network, prefix);
  const isFamily = family === "ipv4" ? isIPv4 : isIPv6;
  return (address) => isFamily(address) && !address.includes("%") && list.check(address, family);
};
