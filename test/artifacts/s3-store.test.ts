import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createS3Store, s3Origin, type S3StoreOptions } from "../../src/artifacts/index.ts";
import { createHttpClient, type OutboundClient } from "../../src/outbound/index.ts";
import { artifactStoreContract } from "../contracts/artifact-store.ts";
import { S3_KEYS, startS3, type S3Server } from "../fixtures/s3-server.ts";

const MIB = 1024 * 1024;
const report = { name: "report.bin", mime: "application/octet-stream" };
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const keyOf = (sha256: string): string => `artifacts/${sha256.slice(0, 2)}/${sha256}`;

let s3: S3Server;
let http: OutboundClient;
let folder: string;
const open = async (): Promise<void> => {
  s3 = await startS3();
  http = createHttpClient({ purposes: { artifact_storage: { allow: [s3.endpoint] } } });
  folder = await mkdtemp(join(tmpdir(), "tutti-s3-"));
};
const close = async (): Promise<void> => {
  http.close();
  await s3.close();
  await rm(folder, { recursive: true, force: true });
};
const storeWith = (changed: Partial<S3StoreOptions> = {}, machine = "one") =>
  createS3Store({
    ...S3_KEYS,
    http,
    endpoint: s3.endpoint,
    cache: { folder: join(folder, machine) },
    retryMs: 0,
    ...changed,
  });

describe("the store in S3 storage", () => {
  artifactStoreContract(async () => {
    await open();
    return {
      store: storeWith({ maxBytes: 300_000 }),
      elsewhere: storeWith({ maxBytes: 300_000 }, "two"),
      damage: (sha256, bytes) => {
        s3.objects.set(keyOf(sha256), Buffer.from(bytes));
        return Promise.resolve();
      },
      close,
    };
  });
});

describe("requests to S3 storage", () => {
  beforeEach(open);
  afterEach(close);

  const large = new Uint8Array(12 * MIB).map((_, at) => (at >> 8) ^ at);

  it("send a large content in parts that are checked one by one", async () => {
    const store = storeWith({ partBytes: 5 * MIB });
    const { sha256 } = await store.put(large, report);
    expect(
      s3.requests.map((one) => one.replace(/.*?(partNumber=\d|uploads|uploadId).*/, "$1")).sort(),
    ).toEqual(["partNumber=1", "partNumber=2", "partNumber=3", "uploadId", "uploads"]);
    expect(hashOf(s3.objects.get(keyOf(sha256)) ?? Buffer.alloc(0))).toBe(sha256);
    expect(hashOf(await store.get(sha256))).toBe(sha256);
    expect(s3.uploads.size).toBe(0);
  });

  it("that fail for a moment are repeated", async () => {
    const failures = [
      { status: 503, code: "SlowDown" },
      { cut: "half" as const },
      { status: 500, code: "InternalError" },
    ];
    let left = [...failures];
    s3.fault = () => left.shift();
    const store = storeWith();
    const bytes = new Uint8Array(100_000).fill(3);
    const { sha256 } = await store.put(bytes, report);
    for (const read of [
      () => store.get(sha256),
      () => store.has(sha256),
      () => store.path(sha256),
    ]) {
      left = [...failures];
      await read();
      expect(left).toEqual([]);
    }
  });

  it("repeat a completion whose answer was lost, and find it done", async () => {
    let cut = 1;
    s3.fault = ({ method, url }) =>
      method === "POST" && url.includes("uploadId") && cut-- > 0
        ? { cut: "afterwards" }
        : undefined;
    const { sha256 } = await storeWith({ partBytes: 5 * MIB }).put(large, report);
    expect(s3.objects.has(keyOf(sha256))).toBe(true);
    expect(s3.requests.at(-1)).toMatch(/^HEAD /);
  });

  it("give an upload up that fails for good, and leave no parts behind", async () => {
    s3.fault = ({ url }) =>
      url.includes("partNumber=2") ? { status: 403, code: "AccessDenied" } : undefined;
    await expect(storeWith({ partBytes: 5 * MIB }).put(large, report)).rejects.toMatchObject({
      code: "DATABASE",
      message: "The S3 storage answered with AccessDenied.",
      hint: expect.stringContaining("right to read and write"),
      retryable: false,
    });
    expect(s3.uploads.size).toBe(0);
    expect(s3.objects.size).toBe(0);
  });

  it("notice a completion that fails after it was answered with 200", async () => {
    s3.fault = ({ method, url }) =>
      method === "POST" && url.includes("uploadId")
        ? { status: 200, code: "InternalError" }
        : undefined;
    await expect(storeWith({ partBytes: 5 * MIB }).put(large, report)).rejects.toMatchObject({
      code: "DATABASE",
      retryable: true,
    });
  });

  it.each([
    [{ secretAccessKey: "wrong" }, "SignatureDoesNotMatch", /secret key/],
    [{ accessKeyId: "nobody" }, "InvalidAccessKeyId", /access key/],
    [{ region: "us-east-1" }, "AuthorizationHeaderMalformed", /region/],
    [{ bucket: "other-bucket" }, "NoSuchBucket", /bucket/],
    [{ clock: { now: () => 0 } }, "RequestTimeTooSkewed", /clock/],
  ] as const)(
    "%o: what the storage says comes with a hint, without secrets",
    async (changed, code, hint) => {
      const store = storeWith(changed);
      for (const work of [
        () => store.put(new Uint8Array(3), report),
        () => store.get("0".repeat(64)),
      ]) {
        const error: unknown = await work().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: "DATABASE",
          message: `The S3 storage answered with ${code}.`,
          hint: expect.stringMatching(hint),
          retryable: false,
        });
        expect(JSON.stringify(error)).not.toContain(S3_KEYS.secretAccessKey);
      }
    },
  );

  it("carry the token of temporary credentials, signed", async () => {
    const store = storeWith({ sessionToken: "token-of-a-role" });
    await store.put(new Uint8Array(3), report);
    expect(s3.objects.size).toBe(1);
  });

  it("go where the outbound client lets them", async () => {
    const shut = createHttpClient();
    const store = storeWith({ http: shut });
    await expect(store.put(new Uint8Array(3), report)).rejects.toMatchObject({
      code: "HTTP_REFUSED",
      hint: expect.stringContaining(s3.endpoint),
    });
    shut.close();
  });

  it("name the bucket in the host or in the path", async () => {
    const access = { ...S3_KEYS, http, endpoint: "https://s3.eu-central-1.amazonaws.com/" };
    expect(s3Origin(access)).toBe("https://s3.eu-central-1.amazonaws.com");
    expect(s3Origin({ ...access, pathStyle: false })).toBe(
      "https://tutti-files.s3.eu-central-1.amazonaws.com",
    );
    const { port } = new URL(s3.endpoint);
    const named = createHttpClient({
      purposes: { artifact_storage: { allow: [`http://tutti-files.s3.test:${port}`] } },
      resolve: () => Promise.resolve(["127.0.0.1"]),
    });
    const store = storeWith({ http: named, endpoint: `http://s3.test:${port}`, pathStyle: false });
    // The test's server knows buckets in paths only; that it gets so far shows the signed host is right.
    await expect(store.put(new Uint8Array(3), report)).rejects.toMatchObject({
      message: expect.stringContaining("NoSuchBucket"),
    });
    named.close();
  });

  it.each([
    { endpoint: "ftp://s3.test" },
    { endpoint: "http://s3.test/path" },
    { endpoint: "http://user:pass@s3.test" },
    { endpoint: "s3.test" },
    { bucket: "a/b" },
    { bucket: "Upper" },
    { prefix: "../" },
    { prefix: "a" },
    { partBytes: 1000 },
  ])("are not made with odd options: %o", (changed) => {
    expect(() => storeWith(changed)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
