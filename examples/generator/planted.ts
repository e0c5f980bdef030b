// What the example tables hide on purpose. The generators read it to plant, anomalies.json repeats it
// for tests and readers: each scan says which groups must stand out, and that no other does.
import type { AnomalyQuery } from "../../src/protocol/index.ts";

export interface Planted {
  file: string;
  /** `YYYY-MM`. */
  month: string;
  /** Column values that pick the rows out. */
  where: Record<string, string>;
  /** What is multiplied; `rows` is the number of rows itself. */
  column: string;
  factor: number;
  why: string;
}

export const PLANTED: readonly Planted[] = [
  {
    file: "sales.csv",
    month: "2026-09",
    where: { region: "South", product: "Atlas Standing Desk" },
    column: "quantity",
    factor: 0.3,
    why: "deliveries stopped while the supplier replaced a faulty gearbox",
  },
  {
    file: "sales.csv",
    month: "2026-09",
    where: { region: "East", product: "Breeze Air Purifier" },
    column: "quantity",
    factor: 2.3,
    why: "wildfire smoke over the region",
  },
  {
    file: "sales.csv",
    month: "2026-05",
    where: { region: "West", product: "Halo Monitor Arm" },
    column: "quantity",
    factor: 0.2,
    why: "out of stock for three weeks",
  },
  {
    file: "sales.csv",
    month: "2026-02",
    where: { region: "Central" },
    column: "quantity",
    factor: 0.55,
    why: "flood in the warehouse",
  },
  {
    file: "sensors.parquet",
    month: "2026-09",
    where: { site: "Riverside", room: "Server room" },
    column: "temperature_c",
    factor: 1.3,
    why: "the cooling failed on 8 September",
  },
  {
    file: "sensors.parquet",
    month: "2026-09",
    where: { site: "Harbour", room: "Meeting room" },
    column: "co2_ppm",
    factor: 1.6,
    why: "the ventilation was switched off",
  },
  {
    file: "sensors.parquet",
    month: "2026-03",
    where: { site: "Hillside", room: "Store room" },
    column: "rows",
    factor: 0.6,
    why: "the gateway was down from 10 to 21 March",
  },
  {
    file: "tickets.tsv",
    month: "2026-09",
    where: { team: "Billing" },
    column: "rows",
    factor: 2.2,
    why: "a wrong invoice run on 3 September",
  },
  {
    file: "tickets.tsv",
    month: "2026-09",
    where: { team: "Platform" },
    column: "resolution_hours",
    factor: 2,
    why: "half of the team was on an incident",
  },
  {
    file: "tickets.tsv",
    month: "2026-06",
    where: { team: "Accounts" },
    column: "rows",
    factor: 2,
    why: "the sign-in page changed",
  },
  {
    file: "clinic.json",
    month: "2026-09",
    where: { department: "Orthopaedics" },
    column: "waiting_min",
    factor: 1.9,
    why: "one of two consulting rooms was being rebuilt",
  },
  {
    file: "clinic.json",
    month: "2026-09",
    where: { department: "Cardiology" },
    column: "rows",
    factor: 0.4,
    why: "Dr Okafor was on leave",
  },
  {
    file: "clinic.json",
    month: "2026-04",
    where: { department: "Paediatrics" },
    column: "rows",
    factor: 1.7,
    why: "a late wave of influenza",
  },
];

/** The product of the factors planted on a column for rows with these values in this month. */
export const plantedFactor = (
  file: string,
  month: string,
  values: Readonly<Record<string, string>>,
  column: string,
): number =>
  PLANTED.filter(
    (p) =>
      p.file === file &&
      p.month === month &&
      p.column === column &&
      Object.entries(p.where).every(([name, value]) => values[name] === value),
  ).reduce((product, p) => product * p.factor, 1);

/** Single rows that no reader should believe. */
export const FREAK = {
  order: { day: "2026-09-17", region: "North", product: "Aurora Desk Lamp", quantity: 480 },
  reading: { at: "2026-09-21T14:00:00", sensor: "S-02", temperature: 85 },
  ticket: { day: "2026-09-10", team: "Devices", firstResponse: 9_999 },
  visit: { day: "2026-09-15", department: "Dermatology", fee: 9_400 },
} as const;

/** The only plan figure that is missed in earnest without anything strange in the sales. */
export const MISSED_PLAN = {
  month: "2026-09",
  region: "West",
  product: "Nordic Office Chair",
  /** Plan over what sales were expected to be, where all others have `usual`. */
  ambition: 1.12,
  usual: 1.02,
} as const;

type ScanQuery = Pick<AnomalyQuery, "table" | "measure" | "dimensions"> & { month?: string };

const scan = (query: ScanQuery): AnomalyQuery => {
  const month = query.month ?? "2026-09";
  const next = new Date(`${month}-15T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1, 1);
  const time = { sales: "date", sensors: "timestamp", tickets: "opened_at", clinic: "visit_date" }[
    query.table
  ];
  if (time === undefined) throw new Error(`no time column is known for ${query.table}`);
  return {
    kind: "anomalies",
    table: query.table,
    measure: query.measure,
    dimensions: query.dimensions,
    grain: { column: time, unit: "month" },
    period: { column: time, from: `${month}-01`, to: next.toISOString().slice(0, 10) },
    historyFrom: "2025-09-01",
    filters: [],
    threshold: 3.5,
    minHistory: 6,
  };
};

const revenue = {
  as: "revenue",
  format: "money",
  unit: "EUR",
  aggregate: "sum",
  of: { column: "revenue_eur" },
} as const;
const cell = (region: string, product: string, direction: "up" | "down") => ({
  labels: { region, product },
  direction,
});
const one = (column: string, value: string, direction: "up" | "down") => ({
  labels: { [column]: value },
  direction,
});
const average = (column: string, unit: string) =>
  ({ as: `avg_${column}`, format: "number", unit, aggregate: "avg", of: { column } }) as const;
const count = (as: string) => ({ as, format: "integer", aggregate: "count" }) as const;

export interface Scan {
  id: string;
  file: string;
  query: AnomalyQuery;
  /** All rows of the answer, in any order. */
  expected: { labels: Record<string, string>; direction: "up" | "down" }[];
}

export const SCANS: readonly Scan[] = [
  {
    id: "sales-september-by-region-and-product",
    file: "sales.csv",
    query: scan({ table: "sales", measure: revenue, dimensions: ["region", "product"] }),
    expected: [
      cell("South", "Atlas Standing Desk", "down"),
      cell("East", "Breeze Air Purifier", "up"),
      cell(FREAK.order.region, FREAK.order.product, "up"),
    ],
  },
  {
    id: "sales-may-by-region-and-product",
    file: "sales.csv",
    query: scan({
      table: "sales",
      measure: revenue,
      dimensions: ["region", "product"],
      month: "2026-05",
    }),
    expected: [cell("West", "Halo Monitor Arm", "down")],
  },
  {
    id: "sensors-september-temperature-by-site-and-room",
    file: "sensors.parquet",
    query: scan({
      table: "sensors",
      measure: average("temperature_c", "°C"),
      dimensions: ["site", "room"],
    }),
    expected: [{ labels: { site: "Riverside", room: "Server room" }, direction: "up" }],
  },
  {
    id: "sensors-september-co2-by-site-and-room",
    file: "sensors.parquet",
    query: scan({
      table: "sensors",
      measure: average("co2_ppm", "ppm"),
      dimensions: ["site", "room"],
    }),
    expected: [{ labels: { site: "Harbour", room: "Meeting room" }, direction: "up" }],
  },
  {
    id: "sensors-march-readings-by-sensor",
    file: "sensors.parquet",
    query: scan({
      table: "sensors",
      measure: count("readings"),
      dimensions: ["sensor"],
      month: "2026-03",
    }),
    expected: [one("sensor", "S-08", "down")],
  },
  {
    id: "tickets-september-count-by-team",
    file: "tickets.tsv",
    query: scan({ table: "tickets", measure: count("tickets"), dimensions: ["team"] }),
    expected: [one("team", "Billing", "up")],
  },
  {
    id: "tickets-september-resolution-by-team",
    file: "tickets.tsv",
    query: scan({
      table: "tickets",
      measure: average("resolution_hours", "h"),
      dimensions: ["team"],
    }),
    expected: [one("team", "Platform", "up")],
  },
  {
    id: "tickets-june-count-by-team",
    file: "tickets.tsv",
    query: scan({
      table: "tickets",
      measure: count("tickets"),
      dimensions: ["team"],
      month: "2026-06",
    }),
    expected: [one("team", "Accounts", "up")],
  },
  {
    id: "clinic-september-waiting-by-department",
    file: "clinic.json",
    query: scan({
      table: "clinic",
      measure: average("waiting_min", "min"),
      dimensions: ["department"],
    }),
    expected: [one("department", "Orthopaedics", "up")],
  },
  {
    id: "clinic-september-visits-by-department",
    file: "clinic.json",
    query: scan({ table: "clinic", measure: count("visits"), dimensions: ["department"] }),
    expected: [one("department", "Cardiology", "down")],
  },
  {
    id: "clinic-april-visits-by-department",
    file: "clinic.json",
    query: scan({
      table: "clinic",
      measure: count("visits"),
      dimensions: ["department"],
      month: "2026-04",
    }),
    expected: [one("department", "Paediatrics", "up")],
  },
];
