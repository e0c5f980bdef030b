import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { ArtifactStore } from "../../../src/ports/index.ts";
import { createTableEngine } from "../../../src/tools/index.ts";
import { fixture } from "./table-fixture.ts";

const rows = (count: number): string =>
  `id,n\n${Array.from({ length: count }, (_, index) => `i${index},${index}`).join("\n")}\n`;

/** A store that counts how often content is read. */
const counting = (store: ArtifactStore) => {
  const reads: string[] = [];
  const counted: ArtifactStore = {
    put: (bytes, file) => store.put(bytes, file),
    has: (sha256) => store.has(sha256),
    path: (sha256) => store.path(sha256),
    get: (sha256) => {
      reads.push(sha256);
      return store.get(sha256);
    },
  };
  return { counted, reads };
};

describe("sessions", () => {
  it("opened at once, in any order of the same files, load once", async () => {
    const { store, put } = await fixture();
    const { counted, reads } = counting(store);
    const engine = createTableEngine({ store: counted });
    const [a, b] = [await put("a.csv", rows(3)), await put("b.csv", rows(4))];
    const document = { ...(await put("notes.txt", "words")), kind: "document" as const };
    const sessions = await Promise.all([
      engine.open([a, b]),
      engine.open([b, a, document]),
      engine.open([a, b, b]),
    ]);
    expect(reads).toHaveLength(2);
    for (const session of sessions) {
      expect(session.profiles.map(({ name }) => name)).toEqual(["a", "b"]);
      expect((await session.query("SELECT count(*) FROM b")).rows).toEqual([[4]]);
    }
    await engine.open([a]);
    expect(reads).toHaveLength(3);
    await engine.close();
  });

  it("whose database was closed for others are rebuilt from the store", async () => {
    const { store, put } = await fixture();
    const { counted, reads } = counting(store);
    const engine = createTableEngine({ store: counted, limits: { idleSessions: 1 } });
    const first = await engine.open([await put("a.csv", rows(3))]);
    const second = await engine.open([await put("b.csv", rows(4))]);
    const queries = [first, second, first].map((session) =>
      session.query(`SELECT count(*) FROM ${session.profiles[0]?.name}`),
    );
    expect((await Promise.all(queries)).map((result) => result.rows)).toEqual([
      [[3]],
      [[4]],
      [[3]],
    ]);
    expect((await second.query("SELECT max(n) FROM b")).rows).toEqual([[3]]);
    expect(reads.length).toBeGreaterThan(2);
    await engine.close();
  });

  it("keep working when the person's file is gone, and fail clearly when the store's is", async () => {
    const { store, put } = await fixture();
    const source = await put("a.csv", rows(3));
    await rm(await store.path(source.sha256), { force: true });
    const engine = createTableEngine({ store });
    await expect(engine.open([source])).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
    await put("a.csv", rows(3));
    expect((await engine.open([source])).profiles[0]?.rows).toBe(3);
    await engine.close();
  });

  it("without tables have none", async () => {
    const { engine } = await fixture();
    const session = await engine.open([]);
    expect(session.profiles).toEqual([]);
    expect((await session.query("SELECT 1")).rows).toEqual([[1]]);
  });
});

describe("an abort signal", () => {
  it("stops opening, for the caller that gave it only", async () => {
    const { engine, put } = await fixture();
    const source = await put("big.csv", rows(60_000));
    const stop = new AbortController();
    const impatient = engine.open([source], stop.signal);
    const patient = engine.open([source]);
    stop.abort();
    await expect(impatient).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await patient).profiles[0]?.rows).toBe(60_000);
    await expect(engine.open([source], AbortSignal.abort())).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  it("after which nobody waits lets the next open start afresh", async () => {
    const { engine, put } = await fixture();
    const source = await put("big.csv", rows(60_000));
    const stop = new AbortController();
    const opening = engine.open([source], stop.signal);
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await engine.open([source])).profiles[0]?.rows).toBe(60_000);
  });

  it("stops a query", async () => {
    const { open } = await fixture();
    const session = await open("a.csv", rows(3));
    const stop = new AbortController();
    const endless = session.query(
      "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = 1",
      { signal: stop.signal },
    );
    setImmediate(() => stop.abort());
    await expect(endless).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await session.query("SELECT 1")).rows).toEqual([[1]]);
  });

  it("stops a scan between chunks", async () => {
    const { open } = await fixture();
    const session = await open("a.csv", rows(20_000));
    const stop = new AbortController();
    let chunks = 0;
    const scanning = (async () => {
      for await (const chunk of session.scan("a", ["id"], stop.signal)) {
        chunks += chunk.length > 0 ? 1 : 0;
        stop.abort();
      }
    })();
    await expect(scanning).rejects.toMatchObject({ code: "CANCELLED" });
    expect(chunks).toBe(1);
  });
});

describe("a scan", () => {
  it("gives typed values in file order", async () => {
    const { open } = await fixture();
    const session = await open(
      "a.csv",
      'day,ok,price\n05.09.2026,yes,"1,5"\n04.09.2026,no,\n03.09.2026,,"2,25"\n',
    );
    const seen: unknown[] = [];
    for await (const chunk of session.scan("a", ["price", "day", "ok"])) seen.push(...chunk);
    expect(seen).toEqual([
      [1.5, "2026-09-05", true],
      [null, "2026-09-04", false],
      [2.25, "2026-09-03", null],
    ]);
  });

  it("of an unknown table or column is refused", async () => {
    const { open } = await fixture();
    const session = await open("a.csv", rows(3));
    const first = (table: string, columns: string[]) =>
      session.scan(table, columns)[Symbol.asyncIterator]().next();
    await expect(first("b", ["id"])).rejects.toMatchObject({ code: "TABLE_QUERY" });
    await expect(first("a", ['id" FROM a; --'])).rejects.toMatchObject({ code: "TABLE_QUERY" });
  });

  it("that is left early frees its database", async () => {
    const { open, engine } = await fixture();
    const session = await open("a.csv", rows(20_000));
    for await (const chunk of session.scan("a", ["id"])) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await engine.close();
  });
});

describe("closing the engine", () => {
  it("stops what runs, and nothing opens after it", async () => {
    const { open, engine, put } = await fixture();
    const session = await open("a.csv", rows(3));
    const running = session
      .query(
        "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range = -b.range - 1",
      )
      .catch((error: unknown) => error);
    await engine.close();
    expect(await running).toMatchObject({ code: "CANCELLED" });
    await expect(session.query("SELECT 1")).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(engine.open([await put("b.csv", rows(2))])).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});
