// A database that the first schema wrote: a table for each kind of record, lists without a tail.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { care, open } from "../../checkpoints/index.ts";
import { decode } from "../../checkpoints/serializer/serializer.ts";
import { storyGraph } from "./graphs.ts";

const fixture = (name: string): Buffer =>
  gunzipSync(readFileSync(join(import.meta.dirname, "../fixtures", name)));

const folder = mkdtempSync(join(tmpdir(), "tutti-migration-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("SQLite", () => {
  it("reads what the first schema stored, and goes on with it", async () => {
    const path = join(folder, "t.db");
    writeFileSync(path, fixture("checkpoints-sqlite-1.db.gz"));
    const persistence = await open(`sqlite:${path}`);
    const { saver } = persistence;
    const tuples: unknown[] = [];
    for (const thread of ["story", "paused"])
      for await (const tuple of saver.list({ configurable: { thread_id: thread } }))
        tuples.push(tuple);
    const written = JSON.parse(
      fixture("checkpoints-sqlite-1.tuples.json.gz").toString(),
    ) as string[];
    expect(tuples).toEqual(written.map((text) => decode(Buffer.from(text, "base64"))));
    expect((await saver.info("paused"))?.token).toBe(7);

    const { log } = await storyGraph(saver).invoke(
      { last: { text: "three" } },
      { configurable: { thread_id: "story" } },
    );
    expect(log).toContain("said one");
    expect(log).toContain("said three");
    await care.copyThread(persistence, "story", "copy");
    await care.pruneThread(persistence, "story");
    expect((await care.verify(persistence)).damages).toEqual([]);
    await saver.deleteThread("story");
    expect(
      (await storyGraph(saver).getState({ configurable: { thread_id: "copy" } })).values,
    ).toHaveProperty("log", log);
    await persistence.close();
  });
});
