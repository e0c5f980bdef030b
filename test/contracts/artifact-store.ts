// What every ArtifactStore must do. Call it inside a test file with a factory of empty stores.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import * as fc from "fast-check";
import type { ArtifactStore } from "../../src/ports/index.ts";

export interface StoreUnderTest {
  /** Takes at most 300,000 bytes. */
  readonly store: ArtifactStore;
  /** The same contents, opened a second time, as another machine does. */
  readonly elsewhere: ArtifactStore;
  /** Changes a stored content where it lies, behind the store's back. */
  damage(sha256: string, bytes: Uint8Array): Promise<void>;
  close?(): Promise<void>;
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const report = { name: "report.txt", mime: "text/plain" };

export const artifactStoreContract = (create: () => Promise<StoreUnderTest>): void => {
  let made: StoreUnderTest;
  let store: ArtifactStore;
  beforeEach(async () => {
    made = await create();
    store = made.store;
  });
  afterEach(() => made.close?.());

  describe("storing", () => {
    it("gives back the same bytes, under the hash of the content, on every machine", async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
          const ref = await store.put(bytes, report);
          expect(ref).toEqual({ ...report, sha256: hashOf(bytes), bytes: bytes.byteLength });
          for (const one of [store, made.elsewhere]) {
            expect(new Uint8Array(await one.get(ref.sha256))).toEqual(bytes);
            expect(await one.has(ref.sha256)).toBe(true);
          }
        }),
        { numRuns: 25 },
      );
    });

    it("takes nothing, and a view into a larger buffer", async () => {
      const empty = await store.put(new Uint8Array(), report);
      expect((await store.get(empty.sha256)).byteLength).toBe(0);
      expect((await stat(await store.path(empty.sha256))).size).toBe(0);
      const view = new Uint8Array(text("xxfiguresxx").buffer, 2, 7);
      const ref = await store.put(view, report);
      expect(ref.sha256).toBe(hashOf(text("figures")));
      expect(Buffer.from(await store.get(ref.sha256)).toString()).toBe("figures");
    });

    it("takes concurrent puts of one content under several names", async () => {
      const bytes = new Uint8Array(250_000).map((_, at) => at * 31);
      const puts = Array.from({ length: 10 }, (_, at) =>
        (at % 2 === 0 ? store : made.elsewhere).put(bytes, { name: `${at}.bin`, mime: "x/y" }),
      );
      const refs = await Promise.all(puts);
      expect(new Set(refs.map(({ sha256 }) => sha256))).toEqual(new Set([hashOf(bytes)]));
      expect(refs.map(({ name }) => name)).toEqual(refs.map((_, at) => `${at}.bin`));
      expect(hashOf(await made.elsewhere.get(hashOf(bytes)))).toBe(hashOf(bytes));
    });

    it("refuses a content over the limit and a name with a folder", async () => {
      await expect(store.put(new Uint8Array(300_001), report)).rejects.toMatchObject({
        code: "INPUT_TOO_LARGE",
        data: { bytes: 300_001, maxBytes: 300_000 },
      });
      for (const name of ["../x", "a/b", "a\\b", "", "..", "x\0"]) {
        await expect(store.put(text("x"), { ...report, name })).rejects.toMatchObject({
          code: "TOOL_FAILED",
        });
      }
    });
  });

  describe("a path", () => {
    it("leads to a read-only file with the content, on every machine, for all who ask at once", async () => {
      const bytes = new Uint8Array(280_000).fill(9);
      const { sha256 } = await store.put(bytes, report);
      for (const one of [store, made.elsewhere]) {
        const paths = await Promise.all([one.path(sha256), one.path(sha256), one.path(sha256)]);
        expect(new Set(paths).size).toBe(1);
        const [path] = paths;
        expect((await stat(path)).mode & 0o777).toBe(0o444);
        expect(hashOf(await readFile(path))).toBe(sha256);
        expect(await one.path(sha256)).toBe(path);
      }
    });
  });

  describe("reading what is gone or damaged", () => {
    it("names the content and what to do", async () => {
      const gone = "0".repeat(64);
      expect(await store.has(gone)).toBe(false);
      for (const read of [() => store.get(gone), () => store.path(gone)]) {
        await expect(read()).rejects.toMatchObject({
          code: "ARTIFACT_MISSING",
          message: `The content ${gone} is not in the store.`,
          hint: expect.stringContaining("original file"),
        });
      }
    });

    it("never returns bytes that do not match their hash, and a new put repairs them", async () => {
      const good = text("1200.50");
      const { sha256 } = await store.put(good, report);
      for (const bad of [text("1200.51"), text("1200"), new Uint8Array()]) {
        await made.damage(sha256, bad);
        for (const read of [() => made.elsewhere.get(sha256), () => made.elsewhere.path(sha256)]) {
          await expect(read()).rejects.toMatchObject({
            code: "ARTIFACT_MISSING",
            message: /damaged|not in the store/,
          });
        }
        await store.put(good, report);
        expect(Buffer.from(await made.elsewhere.get(sha256)).toString()).toBe("1200.50");
      }
      expect(await readFile(await made.elsewhere.path(sha256), "utf8")).toBe("1200.50");
    });

    it("refuses what is no sha256, so that no path or key leads elsewhere", async () => {
      for (const bad of [
        "../../etc/passwd",
        "",
        "A".repeat(64),
        `${"a".repeat(64)}/..`,
        "x".repeat(500),
      ]) {
        expect(await store.has(bad)).toBe(false);
        await expect(store.get(bad)).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
        await expect(store.path(bad)).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
      }
    });
  });
};
