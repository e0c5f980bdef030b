// Property: sensible other names for the columns and another order of the rows change no figure.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planFor } from "../../../src/models/offline/planner.ts";
import { querySql } from "../../../src/models/offline/sql/index.ts";
import type { TableSession } from "../../../src/ports/index.ts";
import type { Cell } from "../../../src/protocol/index.ts";
import { createBench, example, plannerBriefing, type Bench } from "./example-tables.ts";
import { GOALS } from "./goals.ts";

const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sales: {
    order_id: "Order No",
    date: "Order date",
    region: "Territory",
    product: "Article",
    channel: "Sales channel",
    quantity: "Units sold",
    unit_price: "Price per unit",
    revenue_eur: "Sales amount (EUR)",
    cost_eur: "Cost of goods (EUR)",
  },
  plan: {
    month: "Period",
    region: "Area",
    product: "Item",
    plan_revenue_eur: "Planned sales (EUR)",
  },
  sensors: {
    sensor: "Device",
    site: "Building",
    room: "Room name",
    timestamp: "Measured at",
    temperature_c: "Temp (°C)",
    humidity_pct: "Relative humidity (%)",
    co2_ppm: "CO2 level (ppm)",
    battery_v: "Battery voltage (V)",
  },
  tickets: {
    ticket_id: "Case No",
    opened_at: "Created at",
    closed_at: "Resolved at",
    team: "Support team",
    priority: "Severity",
    category: "Topic",
    product: "Item",
    first_response_min: "Reaction time (min)",
    resolution_hours: "Handling time (h)",
    satisfaction: "CSAT",
    reopened: "Was reopened",
  },
  clinic: {
    visit_id: "Appointment ID",
    visit_date: "Date of visit",
    department: "Ward",
    doctor: "Physician",
    patient_age: "Age of patient",
    duration_min: "Treatment time (min)",
    waiting_min: "Wait time (min)",
    no_show: "Missed appointment",
    fee_eur: "Fee charged (EUR)",
  },
};

/** Moves every item, the same way each time: a step that has no divisor in common with the length. */
const shuffled = <T>(items: readonly T[]): T[] => {
  const step = [7919, 7907, 7901].find((prime) => items.length % prime !== 0) ?? 1;
  return items.map((_, at) => items[(at * step + 17) % items.length] as T);
};

const csvField = (cell: Cell): string =>
  cell === null ? "" : `"${String(cell).replaceAll('"', '""')}"`;

const changed = async (session: TableSession, table: string): Promise<string> => {
  const columns = session.profiles.find(({ name }) => name === table)?.columns ?? [];
  const rows: Cell[][] = [];
  for await (const chunk of session.scan(
    table,
    columns.map(({ name }) => name),
  ))
    rows.push(...chunk);
  const header = columns.map(({ name }) => NAMES[table]?.[name] ?? name);
  return [header, ...shuffled(rows)].map((row) => row.map(csvField).join(",")).join("\n");
};

/** Rows of each figure set, in the plan's order. */
const figuresOf = async (goal: string, session: TableSession): Promise<Cell[][][]> => {
  const result = planFor(plannerBriefing(goal, session), false);
  if (!("plan" in result)) throw new Error("a form was not expected");
  const tables: Cell[][][] = [];
  for (const { query } of result.plan.tasks) {
    if (query !== undefined)
      tables.push((await session.query(querySql(query, session.profiles))).rows);
  }
  return tables;
};

const rounded = (tables: Cell[][][]): Cell[][][] =>
  tables.map((rows) =>
    rows.map((row) =>
      row.map((cell) => (typeof cell === "number" ? Number(cell.toPrecision(11)) : cell)),
    ),
  );

describe.each(GOALS)("$files with other names, shuffled", ({ files, goals }) => {
  let bench: Bench;
  let original: TableSession;
  let other: TableSession;
  beforeAll(async () => {
    bench = await createBench();
    const read = files.map(async (file) => [file, await example(file)] as const);
    original = await bench.open(Object.fromEntries(await Promise.all(read)));
    const csv = original.profiles.map(
      async ({ name }) => [`${name}.csv`, await changed(original, name)] as const,
    );
    other = await bench.open(Object.fromEntries(await Promise.all(csv)));
  });
  afterAll(() => bench.close());

  test.each(goals)("$goal", async ({ goal }) => {
    expect(rounded(await figuresOf(goal, other))).toEqual(rounded(await figuresOf(goal, original)));
  });
});
