// The main job on the example data by the offline model. Figures are compared with a computation of
// this test's own, in cents, from the bytes of the CSV and the cells of the workbook.
import { readFileSync } from "node:fs";
import ExcelJS from "exceljs";
import { type RunEnd, start } from "../../src/runs/index.ts";
import type { ResultTable } from "../../src/protocol/index.ts";
import {
  cellOf,
  example,
  type Job,
  openJob,
  rejectionsOf,
  SALES_GOAL,
  statusesOf,
  valuesOf,
} from "./job.ts";

type Cents = Map<string, number>;
const cents = (text: string): number => Math.round(Number(text) * 100);
const add = (sums: Cents, key: string, amount: number) =>
  sums.set(key, (sums.get(key) ?? 0) + amount);

const salesOf = (month: string, by: "region" | "product" | "all"): Cents => {
  const [head = "", ...lines] = readFileSync(example("sales.csv"), "utf8").trim().split("\n");
  const names = head.trim().split(",");
  const sums: Cents = new Map();
  for (const line of lines) {
    const row = Object.fromEntries(
      line
        .trim()
        .split(",")
        .map((cell, at) => [names[at], cell]),
    );
    if (row["date"]?.startsWith(month) !== true) continue;
    add(sums, by === "all" ? "all" : (row[by] ?? ""), cents(row["revenue_eur"] ?? ""));
  }
  return sums;
};

const planOf = async (month: string, by: "region" | "product" | "all"): Promise<Cents> => {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(example("plan.xlsx"));
  const sheet = book.getWorksheet("Plan");
  const names: string[] = [];
  const sums: Cents = new Map();
  sheet?.eachRow((row, number) => {
    const cells = (row.values as unknown[]).slice(1);
    if (number === 1) names.push(...cells.map(String));
    else {
      const entry = Object.fromEntries(cells.map((cell, at) => [names[at], cell]));
      const when =
        entry["month"] instanceof Date ? entry["month"].toISOString() : String(entry["month"]);
      if (when.startsWith(month))
        add(
          sums,
          by === "all" ? "all" : String(entry[by]),
          cents(String(entry["plan_revenue_eur"])),
        );
    }
  });
  return sums;
};

describe("the main job", () => {
  let job: Job;
  let end: RunEnd;
  const tableOf = async (taskId: string): Promise<ResultTable> => {
    const [table] = (await job.handOver(taskId, end)).tables;
    if (table === undefined) throw new Error(`${taskId} has no table`);
    return table;
  };
  beforeAll(async () => {
    job = await openJob();
    end = await job.run(SALES_GOAL, ["sales.csv", "plan.xlsx"]);
  });
  afterAll(() => job.close());

  it("finishes, with every task verified at its first attempt", () => {
    expect(end.error).toBeUndefined();
    expect(end.status).toBe("finished");
    expect(rejectionsOf(end)).toEqual({});
    expect(new Set(Object.values(statusesOf(end)))).toEqual(new Set(["done"]));
  });

  it("covers the whole goal", () => {
    expect(valuesOf(end).ledger.notCovered).toEqual([]);
  });

  it.each(["region", "product"] as const)(
    "has revenue by %s right to the cent, against last month and plan",
    async (by) => {
      const table = await tableOf(`revenue-by-${by}`);
      const [now, before, plan] = [
        salesOf("2026-09", by),
        salesOf("2026-08", by),
        await planOf("2026-09", by),
      ];
      expect(table.rows).toHaveLength(now.size);
      for (const [label, amount] of now) {
        expect(cents(String(cellOf(table, label, "revenue")))).toBe(amount);
        expect(cents(String(cellOf(table, label, "revenue_last_month")))).toBe(before.get(label));
        expect(cents(String(cellOf(table, label, "revenue_plan")))).toBe(plan.get(label));
        const change = amount - (plan.get(label) ?? 0);
        expect(cents(String(cellOf(table, label, "revenue_plan_change")))).toBe(change);
        expect(Number(cellOf(table, label, "revenue_plan_change_pct"))).toBeCloseTo(
          change / (plan.get(label) ?? 1),
          9,
        );
      }
    },
  );

  it("has totals that are the sum of the parts", async () => {
    const table = await tableOf("totals");
    const at = table.columns.findIndex(({ name }) => name === "revenue");
    expect(cents(String(table.rows[0]?.[at]))).toBe(salesOf("2026-09", "all").get("all"));
  });

  it("finds exactly the anomalies that were planted", async () => {
    const planted = JSON.parse(readFileSync(example("anomalies.json"), "utf8")) as {
      scans: { id: string; expected: { labels: { region: string; product: string } }[] }[];
    };
    const expected = planted.scans.find(({ id }) => id === "sales-september-by-region-and-product");
    const table = await tableOf("revenue-anomalies");
    const names = table.columns.map(({ name }) => name);
    const found = table.rows.map(
      (row) => `${row[names.indexOf("region")]}/${row[names.indexOf("product")]}`,
    );
    expect(found.sort()).toEqual(
      expected?.expected.map(({ labels }) => `${labels.region}/${labels.product}`).sort(),
    );
  });

  it("publishes a workbook with native charts whose cells are the verified figures", async () => {
    const bytes = await job.artifact("report.xlsx", end);
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(bytes as never);
    const text = new TextDecoder("latin1").decode(bytes);
    expect(text).toContain("xl/charts/chart1.xml");
    const amounts = new Set<number>();
    book.eachSheet((sheet) =>
      sheet.eachRow((row) =>
        row.eachCell(({ value }) => {
          if (typeof value === "number") amounts.add(Math.round(value * 100));
        }),
      ),
    );
    for (const amount of salesOf("2026-09", "region").values()) expect(amounts).toContain(amount);
  });

  it("publishes a PDF and a page that needs no network", async () => {
    const pdf = await job.artifact("report.pdf", end);
    expect(new TextDecoder("latin1").decode(pdf.slice(0, 5))).toBe("%PDF-");
    const page = new TextDecoder().decode(await job.artifact("report.html", end));
    expect(page).toContain("Content-Security-Policy");
    expect(page).not.toMatch(/(?:src|href)\s*=\s*["']https?:/);
  });

  it("has a manifest that names every source, file, query, checkpoint and model by hash or id", async () => {
    const manifest = JSON.parse(new TextDecoder().decode(await job.artifact("manifest.json", end)));
    expect(manifest).toMatchObject({ thread: job.execution.threadId, goal: SALES_GOAL });
    expect(manifest.sources.map(({ name }: { name: string }) => name).sort()).toEqual([
      "plan.xlsx",
      "sales.csv",
    ]);
    expect(manifest.files.map(({ name }: { name: string }) => name).sort()).toEqual([
      "report.html",
      "report.pdf",
      "report.xlsx",
    ]);
    for (const task of manifest.tasks) {
      expect(task).toMatchObject({
        status: "done",
        model: "offline",
        checkpoint: expect.any(String),
      });
      for (const result of task.results) expect(result.sql).toMatch(/select/i);
    }
  });

  it("answers a follow-up by a new plan that keeps what is verified", async () => {
    const before = job.events.length;
    const next = await start(job.execution, {
      messages: [{ role: "user", content: "now by quarter, and add margins" }],
    });
    expect(next.error).toBeUndefined();
    expect(next.status).toBe("finished");
    expect(rejectionsOf(next)).toEqual({});
    const { tasks, ledger } = valuesOf(next);
    expect(ledger.revision).toBe(2);
    const done = Object.values(tasks).filter(({ status }) => status === "done");
    const columns = done.flatMap(({ task }) => task.expects.columns ?? []);
    expect(columns).toContain("quarter");
    expect(columns).toContain("margin");
    const worked = job.events
      .slice(before)
      .flatMap((event) => (event.type === "tool-start" ? [event.taskId] : []));
    expect(statusesOf(next)["revenue-anomalies"]).toBe("done");
    expect(worked).not.toContain("revenue-anomalies");
  });
});
