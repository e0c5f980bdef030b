// Nothing here reaches a socket: a URL or an address is refused before. Answers of name servers are
// simulated by an injected resolver.
import { createHttpClient } from "../../src/outbound/index.ts";
import { createRoute } from "../../src/outbound/route.ts";
import { readTarget } from "../../src/outbound/target.ts";

const PRIVATE_ADDRESSES = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.100.100.200", // a cloud's metadata, in carrier-grade NAT
  "100.127.255.255",
  "127.0.0.1",
  "127.1.2.3",
  "168.63.129.16", // a cloud platform's own services
  "169.254.0.1",
  "169.254.169.254", // metadata of most clouds
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:8.8.8.8",
  "::ffff:0:127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::808:808",
  "64:ff9b:1::a00:1",
  "100::1",
  "2001::1", // Teredo
  "2001:2::1",
  "2001:10::1",
  "2001:db8::1",
  "2002:7f00:1::", // 6to4 of 127.0.0.1
  "2002:a00:1::1",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fd00:ec2::254", // a cloud's metadata
  "fe80::1",
  "fec0::1",
  "ff02::1",
  "4000::1",
];

/** Spellings of addresses and URLs that parsers are known to disagree about. */
const ODD_URLS = [
  "http://127.1/",
  "http://127.0.1/",
  "http://2130706433/",
  "http://0x7f000001/",
  "http://0x7f.0.0.1/",
  "http://0X7F.1/",
  "http://0177.0.0.1/",
  "http://017700000001/",
  "http://00000177.0x0.0.1/",
  "http://127.0.0.1./",
  "http://0/",
  "http://2852039166/", // 169.254.169.254
  "http://0xA9FEA9FE/",
  "http://169.254.43518/",
  "http://0251.0376.0251.0376/",
  "http://①②⑦.⓪.⓪.①/",
  "http://１２７.０.０.１/",
  "http://%31%32%37.0.0.1/",
  "http://127。0。0。1/",
  "http://[::ffff:127.0.0.1]/",
  "http://[0:0:0:0:0:0:0:1]/",
  "http://[::]:80/",
  "http://[fe80::1%25eth0]/",
  "http://[fe80::1%eth0]/",
  "http://[::1",
  "http://example.com./",
  "http://localhost./",
  "http://user@example.com/",
  "http://user:pass@example.com/",
  "http://@example.com/",
  "http://:@example.com/",
  "http://example.com@127.0.0.1/",
  "http://127.0.0.1#@example.com/",
  "http://127.0.0.1\\@example.com/",
  "http:\\\\127.0.0.1\\",
  "http://exa mple.com/",
  "http://exam\tple.com/",
  "http://example.com/a\r\nHost: evil.test",
  "\thttp://example.com/",
  "http://example.com:0/",
  "http://example.com:99999/",
  "http://example.com:80x/",
  "http:///",
  "http://",
  "",
  "example.com",
  "//example.com/",
  "/path",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:6379/_PING",
  "data:text/plain,hello",
  "javascript:alert(1)",
  "ws://example.com/",
  "unix:/var/run/docker.sock",
  "http://exa$mple.com/",
  "http://a..b/",
  "http://.example.com/",
  `http://${"a".repeat(254)}/`,
  "http://exam%00ple.com/",
];

const client = (addresses: readonly string[], allow?: readonly string[]) =>
  createHttpClient({
    resolve: () => Promise.resolve(addresses),
    ...(allow === undefined ? {} : { allow }),
  });

const get = (url: string, addresses: readonly string[] = [], allow?: readonly string[]) =>
  client(addresses, allow).request({ url, purpose: "test" });

describe("addresses that are not public", () => {
  it.each(PRIVATE_ADDRESSES)("are refused: a name that resolves to %s", async (address) => {
    await expect(get("http://innocent.test/", [address])).rejects.toMatchObject({
      code: "HTTP_REFUSED",
      message: expect.stringMatching(/innocent\.test.* not allowed: it is an? .* address/),
      hint: expect.stringContaining('add "http://innocent.test" to TUTTI_HTTP_ALLOW'),
    });
  });

  it.each(PRIVATE_ADDRESSES)("are refused: %s in a URL", async (address) => {
    const host = address.includes(":") ? `[${address}]` : address;
    await expect(get(`https://${host}/`)).rejects.toMatchObject({ code: "HTTP_REFUSED" });
  });

  it.each(["fe80::1%eth0", "::1%lo", "127.0.0.1.", "not an address", ""])(
    "are refused: what a resolver calls %j",
    async (address) => {
      await expect(get("http://innocent.test/", [address])).rejects.toMatchObject({
        code: "HTTP_REFUSED",
      });
    },
  );
});

describe("odd URLs", () => {
  it.each(ODD_URLS)("are refused: %j", async (url) => {
    await expect(get(url)).rejects.toMatchObject({ code: "HTTP_REFUSED" });
  });

  it("are not repeated in the message, where a secret could stand", async () => {
    for (const url of ["http://u:hunter2@x.test/", "ftp://hunter2/", "http://x.test/hunter2 ?"]) {
      const error: unknown = await get(url).catch((thrown: unknown) => thrown);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
    }
  });
});

describe("headers and methods that belong to the connection", () => {
  it.each([
    ["Host", "evil.test"],
    ["Content-Length", "3"],
    ["Transfer-Encoding", "chunked"],
    ["Connection", "keep-alive, x"],
    ["Proxy-Authorization", "Basic x"],
    ["Expect", "100-continue"],
    ["Upgrade", "websocket"],
    ["x-a\r\nx-b", "1"],
    ["x-a", "1\r\nx-b: 2"],
    ["x-a", "1\0"],
    ["", "1"],
  ])("are refused: %j", async (name, value) => {
    const request = { url: "http://8.8.8.8/", purpose: "test", headers: { [name]: value } };
    await expect(client([]).request(request)).rejects.toMatchObject({ code: "HTTP_REFUSED" });
  });

  it.each(["CONNECT", "TRACE", "GET / HTTP/1.1\r\nx", "get"])("are refused: %j", async (method) => {
    const request = { url: "http://8.8.8.8/", purpose: "test", method: method as "GET" };
    await expect(client([]).request(request)).rejects.toMatchObject({ code: "HTTP_REFUSED" });
  });
});

describe("a list of allowed addresses", () => {
  const ALLOWED = "allowed";
  const outcome = async (allow: readonly string[], url: string, addresses: readonly string[]) => {
    const asked: string[] = [];
    const route = createRoute({
      allow,
      ca: undefined,
      resolve: (host) => {
        asked.push(host);
        return Promise.resolve(addresses);
      },
    });
    try {
      await route.addresses(readTarget(url));
      return { result: ALLOWED, asked };
    } catch (error) {
      expect(error).toMatchObject({ code: "HTTP_REFUSED" });
      return { result: "refused", asked };
    }
  };

  it.each([
    [["public"], "http://a.test/", ["8.8.8.8"], ALLOWED],
    [["public"], "http://a.test/", ["10.0.0.1"], "refused"],
    [["public", "10.0.0.0/8"], "http://a.test/", ["10.0.0.1"], ALLOWED],
    [["public", "10.0.0.0/8"], "http://a.test/", ["11.0.0.1"], ALLOWED],
    [["10.0.0.0/8"], "http://a.test/", ["8.8.8.8"], "refused"],
    [["10.0.0.0/8"], "http://a.test/", ["::ffff:10.0.0.1"], "refused"],
    [["10.0.0.0/8:8080"], "http://a.test:8080/", ["10.0.0.1"], ALLOWED],
    [["10.0.0.0/8:8080"], "http://a.test/", ["10.0.0.1"], "refused"],
    [["192.168.1.7"], "http://192.168.1.7:99/", [], ALLOWED],
    [["192.168.1.7"], "http://192.168.1.8/", [], "refused"],
    [["fd00::/8"], "http://[fd00::5]/", [], ALLOWED],
    [["[fd00::]/8:81"], "http://[fd00::5]:81/", [], ALLOWED],
    [["[fd00::]/8:81"], "http://[fd00::5]:82/", [], "refused"],
    [["fd00::/8"], "http://[fe80::5]/", [], "refused"],
    [["::ffff:10.0.0.0/104"], "http://[::ffff:10.0.0.9]/", [], ALLOWED],
    [["*.example.com"], "https://a.example.com/", ["8.8.8.8"], ALLOWED],
    [["*.example.com"], "https://a.b.example.com/", ["8.8.8.8"], ALLOWED],
    [["*.example.com"], "https://example.com/", ["8.8.8.8"], "refused"],
    [["*.example.com"], "https://badexample.com/", ["8.8.8.8"], "refused"],
    [["*.example.com"], "https://a.example.com.evil.test/", ["8.8.8.8"], "refused"],
    [["*.example.com"], "https://a.example.com/", ["10.0.0.1"], "refused"],
    [["example.com"], "http://EXAMPLE.com/", ["8.8.8.8"], ALLOWED],
    [["example.com"], "http://example.com/", ["10.0.0.1"], "refused"],
    [["example.com:8443"], "https://example.com:8443/", ["8.8.8.8"], ALLOWED],
    [["example.com:8443"], "https://example.com/", ["8.8.8.8"], "refused"],
    [["https://example.com"], "https://example.com/", ["8.8.8.8"], ALLOWED],
    [["https://example.com"], "http://example.com/", ["8.8.8.8"], "refused"],
    [["https://example.com"], "https://example.com:8443/", ["8.8.8.8"], "refused"],
    [["https://*.example.com"], "https://a.example.com/", ["8.8.8.8"], ALLOWED],
    [["https://*.example.com"], "https://a.example.com/", ["10.0.0.1"], "refused"],
    [["http://searx:8080/"], "http://searx:8080/search", ["172.17.0.2"], ALLOWED],
    [["http://searx:8080"], "http://searx:8080/", ["no address"], "refused"],
    [["http://searx:8080"], "http://searx:8081/", ["172.17.0.2"], "refused"],
    [["http://127.0.0.1:8080"], "http://127.0.0.1:8080/", [], ALLOWED],
    [["http://127.0.0.1:8080"], "http://0x7f.1:8080/", [], ALLOWED],
    [["http://127.0.0.1:8080"], "http://127.0.0.1:8081/", [], "refused"],
    [["http://127.0.0.1:8080"], "http://rebind.test:8080/", ["127.0.0.1"], "refused"],
    [["http://[::1]:8080"], "http://[::1]:8080/", [], ALLOWED],
    [[], "http://8.8.8.8/", [], "refused"],
  ])("%j: %s at %j is %s", async (allow, url, addresses, expected) => {
    expect((await outcome(allow, url, addresses)).result).toBe(expected);
  });

  it("leaves out the addresses of a name that are not allowed", async () => {
    const route = createRoute({
      ca: undefined,
      resolve: () => Promise.resolve(["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111"]),
    });
    const found = await route.addresses(readTarget("https://mixed.test/"));
    expect(found).toEqual(["8.8.8.8", "2606:4700::1111"]);
  });

  it("keeps names that no entry can allow from the name server, which would learn them", async () => {
    const found = await outcome(["*.example.com"], "https://the-secret.evil.test/", ["8.8.8.8"]);
    expect(found).toEqual({ result: "refused", asked: [] });
  });

  it.each([
    "http://a.test/path",
    "a b",
    "10.0.0.0/33",
    "fd00::/129",
    "*.*.test",
    "a.*",
    "*",
    "a.test:0",
    "a.test:70000",
    "ftp://a.test",
    "10.0.0",
    "0x7f.1",
    "",
  ])("that cannot be read is named: %j", (entry) => {
    expect(() => createHttpClient({ allow: [entry] })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(entry) }),
    );
  });
});
