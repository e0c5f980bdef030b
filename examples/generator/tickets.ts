// Support tickets of four teams. Open tickets have no closing time, and few customers rate.
import { daysOf, MONTHS, timestamp, weekdayOf } from "./calendar.ts";
import { delimited } from "./delimited.ts";
import { FREAK, plantedFactor } from "./planted.ts";
import { random, type Random } from "./random.ts";

export interface Ticket {
  opened_at: string;
  closed_at: string;
  team: string;
  priority: string;
  category: string;
  product: string;
  first_response_min: number;
  /** With one decimal; empty while open. */
  resolution_hours: string;
  /** 1 to 5, or empty. */
  satisfaction: string;
  reopened: boolean;
}

const TEAMS = [
  { name: "Billing", perMonth: 110, hours: 18, categories: ["Invoice", "Refund", "Contract"] },
  { name: "Platform", perMonth: 150, hours: 30, categories: ["Outage", "Performance", "API"] },
  { name: "Accounts", perMonth: 130, hours: 9, categories: ["Sign-in", "Permissions", "Profile"] },
  { name: "Devices", perMonth: 90, hours: 44, categories: ["Hardware", "Firmware", "Delivery"] },
] as const;

const PRIORITIES = [
  { name: "Low", share: 0.24, speed: 1.4, response: 260 },
  { name: "Normal", share: 0.5, speed: 1, response: 130 },
  { name: "High", share: 0.19, speed: 0.6, response: 45 },
  { name: "Urgent", share: 0.07, speed: 0.3, response: 12 },
] as const;

const PRODUCTS = ["Cloud Desk", "Cloud Desk Mobile", "Door Panel", "Insight Reports"] as const;
/** The tables end here: what is not closed by then is open. */
const EXPORTED = "2026-10-01T06:00:00";

const ticket = (rng: Random, day: string, team: (typeof TEAMS)[number]): Ticket => {
  const priority = rng.weighted(PRIORITIES, ({ share }) => share);
  const slow = plantedFactor(
    "tickets.tsv",
    day.slice(0, 7),
    { team: team.name },
    "resolution_hours",
  );
  const hours = Number((rng.skewed(team.hours) * priority.speed * slow).toFixed(1));
  const opened = rng.int(7 * 60, 20 * 60);
  const closed = timestamp(day, opened + hours * 60);
  const open = closed >= EXPORTED;
  const rating = Math.round(rng.normal(4.2 - Math.min(1.6, hours / 60), 0.8));
  return {
    opened_at: timestamp(day, opened),
    closed_at: open ? "" : closed,
    team: team.name,
    priority: priority.name,
    category: rng.pick(team.categories),
    product: rng.pick(PRODUCTS),
    first_response_min: Math.max(1, Math.round(rng.skewed(priority.response))),
    resolution_hours: open ? "" : hours.toFixed(1),
    satisfaction: open || rng.chance(0.45) ? "" : String(Math.min(5, Math.max(1, rating))),
    reopened: rng.chance(0.06),
  };
};

/** By opening time. */
export const makeTickets = (): Ticket[] => {
  const rng = random("tutti tickets");
  const tickets: Ticket[] = [];
  for (const [index, month] of MONTHS.entries()) {
    const days = daysOf(month);
    for (const team of TEAMS) {
      const factor = plantedFactor("tickets.tsv", month, { team: team.name }, "rows");
      const count = team.perMonth * (1 + 0.005 * index) * factor * rng.normal(1, 0.035);
      for (let n = 0; n < Math.round(count); n += 1) {
        const day = rng.weighted(days, (d) => (weekdayOf(d) % 6 === 0 ? 0.2 : 1));
        tickets.push(ticket(rng, day, team));
      }
    }
  }
  const { day, team, firstResponse } = FREAK.ticket;
  const freak = tickets.find((t) => t.team === team && t.opened_at.startsWith(day));
  if (freak === undefined) throw new Error(`no ticket of ${team} on ${day}`);
  freak.first_response_min = firstResponse;
  return tickets.sort((a, b) => a.opened_at.localeCompare(b.opened_at));
};

export const ticketId = (index: number): string => `T-${20_001 + index}`;

export const ticketsTsv = (tickets: readonly Ticket[]): string => {
  const header = [
    "ticket_id",
    "opened_at",
    "closed_at",
    "team",
    "priority",
    "category",
    "product",
    "first_response_min",
    "resolution_hours",
    "satisfaction",
    "reopened",
  ];
  const rows = tickets.map((t, index) => [
    ticketId(index),
    ...Object.values(t).map((value: string | number | boolean) => String(value)),
  ]);
  return delimited([header, ...rows], "\t");
};
