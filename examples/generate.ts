// Writes every example file anew, the same to the byte each time: `npx node examples/generate.ts [folder]`.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anomaliesRecord } from "./generator/anomalies.ts";
import { makeVisits, visitsJson } from "./generator/clinic.ts";
import { makeDocuments } from "./generator/documents.ts";
import { makePlan, planWorkbook } from "./generator/plan-workbook.ts";
import { dirtySales } from "./generator/sales-dirty.ts";
import { makeOrders, salesCsv } from "./generator/sales.ts";
import { makeReadings, readingsParquet } from "./generator/sensors.ts";
import { makeTickets, ticketsTsv } from "./generator/tickets.ts";

const json = (value: unknown): string => JSON.stringify(value, null, 2) + "\n";

/** Path inside the examples folder -> content. */
export const makeExamples = async (): Promise<Record<string, string | Uint8Array>> => {
  const orders = makeOrders();
  const plan = makePlan();
  const readings = makeReadings();
  const tickets = makeTickets();
  const visits = makeVisits();
  const dirty = dirtySales(orders);
  const documents = Object.entries(await makeDocuments());
  return {
    "sales.csv": salesCsv(orders),
    "plan.xlsx": await planWorkbook(plan),
    "sales-dirty.csv": dirty.csv,
    "sales-dirty.json": json(dirty.record),
    "sensors.parquet": await readingsParquet(readings),
    "tickets.tsv": ticketsTsv(tickets),
    "clinic.json": visitsJson(visits),
    "anomalies.json": json(anomaliesRecord({ orders, plan, readings, tickets, visits })),
    ...Object.fromEntries(documents.map(([name, bytes]) => [`documents/${name}`, bytes])),
  };
};

/** Writes them into a folder; answers the paths written, relative to it. */
export const generateExamples = async (folder: string): Promise<string[]> => {
  const files = await makeExamples();
  await mkdir(join(folder, "documents"), { recursive: true });
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), content);
  return Object.keys(files);
};

if (import.meta.main) {
  const written = await generateExamples(process.argv[2] ?? import.meta.dirname);
  console.log(written.join("\n"));
}
