// Visits to an outpatient clinic. A patient who did not come pays nothing and waits for nobody.
import { daysOf, MONTHS, seasonIndex, weekdayOf } from "./calendar.ts";
import { FREAK, plantedFactor } from "./planted.ts";
import { random, type Random } from "./random.ts";

export interface Visit {
  visit_id: number;
  visit_date: string;
  department: string;
  doctor: string;
  patient_age: number;
  duration_min: number | null;
  waiting_min: number | null;
  no_show: boolean;
  fee_eur: number;
}

const DEPARTMENTS = [
  {
    name: "Cardiology",
    doctors: ["Dr Okafor", "Dr Lindahl"],
    perMonth: 64,
    age: [45, 88],
    minutes: 28,
    waiting: 17,
    fee: 118,
  },
  {
    name: "Dermatology",
    doctors: ["Dr Marchetti", "Dr Novak"],
    perMonth: 78,
    age: [16, 80],
    minutes: 15,
    waiting: 14,
    fee: 94,
  },
  {
    name: "Orthopaedics",
    doctors: ["Dr Brandt", "Dr Silva"],
    perMonth: 72,
    age: [18, 84],
    minutes: 22,
    waiting: 21,
    fee: 105,
  },
  {
    name: "Paediatrics",
    doctors: ["Dr Haddad", "Dr Virtanen"],
    perMonth: 90,
    age: [0, 16],
    minutes: 18,
    waiting: 16,
    fee: 72,
  },
  {
    name: "General practice",
    doctors: ["Dr Moreau", "Dr Keller", "Dr Osei"],
    perMonth: 120,
    age: [17, 92],
    minutes: 13,
    waiting: 19,
    fee: 48,
  },
] as const;

const SEASON = [1.05, 1.04, 1.02, 1, 0.98, 0.97, 0.93, 0.92, 1, 1.02, 1.03, 1.02];

const visit = (rng: Random, day: string, department: (typeof DEPARTMENTS)[number]): Visit => {
  const where = { department: department.name };
  const away = plantedFactor("clinic.json", day.slice(0, 7), where, "rows") < 1;
  const slow = plantedFactor("clinic.json", day.slice(0, 7), where, "waiting_min");
  const missed = rng.chance(0.07);
  const minutes = Math.max(
    4,
    Math.round(rng.normal(department.minutes, department.minutes * 0.25)),
  );
  const waiting = Math.round(rng.skewed(department.waiting) * slow);
  const extra = rng.weighted([0, 18.5, 42], (value) => (value === 0 ? 0.7 : 0.15));
  return {
    visit_id: 0,
    visit_date: day,
    department: department.name,
    doctor: rng.pick<string>(department.doctors.slice(away ? 1 : 0)),
    patient_age: rng.int(department.age[0], department.age[1]),
    duration_min: missed ? null : minutes,
    waiting_min: missed ? null : waiting,
    no_show: missed,
    fee_eur: missed ? 0 : department.fee + extra,
  };
};

const visitsOf = (rng: Random, month: string): Visit[] => {
  const open = daysOf(month).filter((day) => weekdayOf(day) % 6 !== 0);
  return DEPARTMENTS.flatMap((department) => {
    const factor = plantedFactor("clinic.json", month, { department: department.name }, "rows");
    const usual = department.perMonth * (SEASON[seasonIndex(`${month}-01`)] ?? 1);
    const count = Math.round(usual * factor * rng.normal(1, 0.03));
    return Array.from({ length: count }, () => visit(rng, rng.pick(open), department));
  });
};

/** By date, numbered from 7001. */
export const makeVisits = (): Visit[] => {
  const rng = random("tutti clinic 2");
  const visits = MONTHS.flatMap((month) => visitsOf(rng, month)).sort((a, b) =>
    a.visit_date.localeCompare(b.visit_date),
  );
  const { day, department, fee } = FREAK.visit;
  const freak = visits.find(
    (v) => v.department === department && v.visit_date === day && !v.no_show,
  );
  if (freak === undefined) throw new Error(`no visit to ${department} on ${day}`);
  freak.fee_eur = fee;
  return visits.map((v, index) => ({ ...v, visit_id: 7_001 + index }));
};

/** A JSON array, one visit a line. */
export const visitsJson = (visits: readonly Visit[]): string =>
  `[\n${visits.map((v) => JSON.stringify(v)).join(",\n")}\n]\n`;
