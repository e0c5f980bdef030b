// On the example tables the two ways of computing agree: row by row in TypeScript, and SQL.
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLocalArtifactStore } from "../../src/artifacts/index.ts";
import type { TableEngine, TableSession } from "../../src/ports/index.ts";
import { MetricQuery, type SourceRef, type TableProfile } from "../../src/protocol/index.ts";
import { createTableEngine } from "../../src/tools/index.ts";
import { computeQuery } from "../../src/verification/compute-query.ts";
import { sameFigure } from "../../src/verification/expected-table.ts";
import { labelKey } from "../../src/verification/slice.ts";

const FILES = ["sales.csv", "sensors.parquet", "tickets.tsv", "clinic.json"];
let folder: string;
let engine: TableEngine;
let session: TableSession;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutti-examples-"));
  const store = createLocalArtifactStore({ folder });
  engine = createTableEngine({ store });
  const sources: SourceRef[] = [];
  for (const name of FILES) {
    const bytes = await readFile(new URL(`../../examples/${name}`, import.meta.url));
    sources.push({
      ...(await store.put(bytes, { name, mime: "application/octet-stream" })),
      kind: "table",
    });
  }
  session = await engine.open(sources);
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const AGGREGATES = ["sum", "avg", "min", "max", "median", "count", "count_distinct"];

/** Every aggregate of every number, by one dimension, in one month against another, and by week. */
const queriesFor = (profile: TableProfile): MetricQuery[] => {
  const numbers = profile.columns.filter(
    ({ type, role }) => role === "measure" && (type === "integer" || type === "decimal"),
  );
  const dimension = profile.columns.find(
    ({ role, distinct }) => role === "dimension" && distinct < 20,
  );
  const time = profile.columns.find(({ type }) => type === "date" || type === "timestamp");
  const base = {
    kind: "aggregate",
    table: profile.name,
    measures: numbers.flatMap(({ name }) =>
      AGGREGATES.map((aggregate) => ({
        as: `${name}_${aggregate}`,
        aggregate,
        of: { column: name },
        format: "number",
      })),
    ),
    dimensions: dimension === undefined ? [] : [dimension.name],
  };
  if (time === undefined) throw new Error(`${profile.name} has no time`);
  const period = { column: time.name, from: "2026-09-01", to: "2026-10-01" };
  const comparisons = [{ kind: "period", label: "before", from: "2026-08-01", to: "2026-09-01" }];
  return [
    { ...base, period, comparisons },
    { ...base, grain: { column: time.name, unit: "week" } },
    { ...base, grain: { column: time.name, unit: "quarter" }, dimensions: [] },
  ].map((query) => MetricQuery.parse(query));
};

test.each(["sales", "sensors", "tickets", "clinic"])(
  "%s: rows and SQL give the same figures",
  async (table) => {
    const profile = session.profiles.find(({ name }) => name === table)!;
    for (const query of queriesFor(profile)) {
      const [walked] = (await computeQuery(query, session)).tables;
      const { tables, method } = await computeQuery(query, session, { scanLimit: 1 });
      expect(method).toBe("sql");
      const byKey = new Map(tables[0]!.rows.map((row) => [labelKey(row.labels), row]));
      expect(byKey.size).toBe(walked!.rows.length);
      expect(walked!.rows.length).toBeGreaterThan(0);
      for (const row of walked!.rows) {
        const other = byKey.get(labelKey(row.labels));
        const differing = walked!.columns.filter(
          (column, at) => !sameFigure(column, row.cells[at] ?? null, other?.cells[at] ?? null),
        );
        expect(differing).toEqual([]);
      }
    }
  },
);

interface Scan {
  id: string;
  query: unknown;
  expected: { labels: Record<string, string>; value: number }[];
}

test("every planted anomaly is found, and nothing else", async () => {
  const text = await readFile(new URL("../../examples/anomalies.json", import.meta.url), "utf8");
  const { scans } = JSON.parse(text) as { scans: Scan[] };
  expect(scans.length).toBeGreaterThan(3);
  for (const { id, query, expected } of scans) {
    const parsed = MetricQuery.parse(query);
    const [table] = (await computeQuery(parsed, session)).tables;
    const found = table!.rows.map(({ labels, cells }) =>
      [...labels.slice(0, parsed.dimensions.length), Number(cells[labels.length]).toFixed(2)].join(
        "/",
      ),
    );
    const planted = expected.map(({ labels, value }) =>
      [...parsed.dimensions.map((name) => labels[name]), value.toFixed(2)].join("/"),
    );
    expect({ id, found: found.sort() }).toEqual({ id, found: planted.sort() });
  }
});
