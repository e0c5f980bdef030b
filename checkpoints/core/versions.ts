// Channel versions: strings that sort by age and are never made twice, so that the versions of two
// forks of one checkpoint cannot be taken for each other. `0000000c.k3j9x0a1b2`: a counter in base
// 36, eight digits, and ten random ones.
import { randomBytes } from "node:crypto";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
const COUNTER_WIDTH = 8;

let pool = Buffer.alloc(0);
let used = 0;

const randomSuffix = (): string => {
  if (used + 10 > pool.length) {
    pool = randomBytes(2_000);
    used = 0;
  }
  let text = "";
  for (let i = 0; i < 10; i += 1) text += DIGITS[(pool[used++] ?? 0) % 36];
  return text;
};

/** The counter of any version: ours, an official number, or Python's `00000001.0…` strings. */
const counterOf = (version: string | number | undefined): number => {
  if (version === undefined) return 0;
  if (typeof version === "number") return Math.floor(version);
  const [head = "", tail = ""] = version.split(".");
  const counter = Number.parseInt(head, tail.length === 10 ? 36 : 10);
  return Number.isFinite(counter) ? counter : 0;
};

/** The version after `current`; unlike any other ever made. */
export const nextVersion = (current: string | number | undefined): string =>
  `${(counterOf(current) + 1).toString(36).padStart(COUNTER_WIDTH, "0")}.${randomSuffix()}`;

const OURS = /^[0-9a-z]{8}\.[0-9a-z]{10}$/;

export const isOurVersion = (version: unknown): version is string =>
  typeof version === "string" && OURS.test(version);

/** Counter and the 52 random bits of one of our versions, for compact storage. */
export const splitVersion = (version: string): { counter: number; random: number } => ({
  counter: Number.parseInt(version.slice(0, COUNTER_WIDTH), 36),
  random: Number.parseInt(version.slice(COUNTER_WIDTH + 1), 36),
});

export const joinVersion = (counter: number, random: number): string =>
  `${counter.toString(36).padStart(COUNTER_WIDTH, "0")}.${random.toString(36).padStart(10, "0")}`;
