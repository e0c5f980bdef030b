// anomalies.json: what is hidden in the tables, with exact values, for tests to look for.
import { amount } from "./delimited.ts";
import type { Visit } from "./clinic.ts";
import { FREAK, MISSED_PLAN, PLANTED, SCANS, type Scan } from "./planted.ts";
import type { PlanLine } from "./plan-workbook.ts";
import type { Order } from "./sales.ts";
import type { Reading } from "./sensors.ts";
import { ticketId, type Ticket } from "./tickets.ts";

export interface Tables {
  orders: readonly Order[];
  plan: readonly PlanLine[];
  readings: readonly Reading[];
  tickets: readonly Ticket[];
  visits: readonly Visit[];
}

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (tables: Tables): Record<string, readonly Row[]> => ({
  sales: tables.orders.map((o) => ({ ...o, revenue_eur: o.revenue })),
  sensors: tables.readings.map((r) => ({ ...r })),
  tickets: tables.tickets.map((t) => ({ ...t })),
  clinic: tables.visits.map((v) => ({ ...v })),
});

/** Value of the scan's measure for one expected group; amounts are kept in cents until the end. */
const valueOf = (rows: readonly Row[], scan: Scan, labels: Readonly<Row>): number => {
  const { measure, period } = scan.query;
  const group = rows.filter((row) => {
    const day = String(row[period.column]).slice(0, 10);
    const inside = day >= period.from && day < period.to;
    return inside && Object.entries(labels).every(([name, value]) => row[name] === value);
  });
  const column = measure.of !== undefined && "column" in measure.of ? measure.of.column : undefined;
  if (column === undefined) return group.length;
  const values = group
    .map((row) => row[column])
    .filter((value) => value !== null && value !== "")
    .map(Number);
  const sum = values.reduce((a, b) => a + b, 0);
  return measure.aggregate === "sum" ? sum / 100 : Number((sum / values.length).toFixed(6));
};

const freakRows = ({ orders, tickets, visits }: Tables) => {
  const order = orders.find(({ quantity }) => quantity === FREAK.order.quantity);
  const ticket = tickets.findIndex((t) => t.first_response_min === FREAK.ticket.firstResponse);
  const visit = visits.find(({ fee_eur }) => fee_eur === FREAK.visit.fee);
  return [
    {
      file: "sales.csv",
      key: { order_id: order?.orderId },
      column: "quantity",
      value: FREAK.order.quantity,
    },
    {
      file: "sensors.parquet",
      key: { sensor: FREAK.reading.sensor, timestamp: FREAK.reading.at },
      column: "temperature_c",
      value: FREAK.reading.temperature,
    },
    {
      file: "tickets.tsv",
      key: { ticket_id: ticketId(ticket) },
      column: "first_response_min",
      value: FREAK.ticket.firstResponse,
    },
    {
      file: "clinic.json",
      key: { visit_id: visit?.visit_id },
      column: "fee_eur",
      value: FREAK.visit.fee,
    },
  ];
};

const missedPlan = ({ orders, plan }: Tables) => {
  const { month, region, product } = MISSED_PLAN;
  const planned = plan.find(
    (l) => l.month.startsWith(month) && l.region === region && l.product === product,
  );
  const sold = orders
    .filter((o) => o.date.startsWith(month) && o.region === region && o.product === product)
    .reduce((sum, o) => sum + o.revenue, 0);
  const revenue = planned?.revenue ?? 0;
  return {
    file: "plan.xlsx",
    month,
    labels: { region, product },
    plan_revenue_eur: revenue,
    revenue_eur: Number(amount(sold)),
    change_pct: Number(((sold / 100 - revenue) / revenue).toFixed(6)),
    why: "a framework contract with a university was not renewed",
  };
};

export const anomaliesRecord = (tables: Tables): Record<string, unknown> => {
  const rows = rowsOf(tables);
  return {
    note: "Planted on purpose. `scans` are anomaly queries and the complete list of groups they must find.",
    scans: SCANS.map((scan) => ({
      ...scan,
      expected: scan.expected.map((found) => ({
        ...found,
        value: valueOf(rows[scan.query.table] ?? [], scan, found.labels),
      })),
    })),
    planted: PLANTED,
    freak_rows: freakRows(tables),
    missed_plan: missedPlan(tables),
  };
};
