// Random numbers from a written seed: the same seed gives the same example files on every machine.
// Only integer arithmetic and division are used, so that no platform's Math.log or Math.sin matters.
import { createHash } from "node:crypto";

export interface Random {
  /** 0 <= x < 1. */
  next(): number;
  /** A whole number, both ends included. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  weighted<T>(items: readonly T[], weight: (item: T) => number): T;
  /** Bell-shaped, at most six standard deviations from the mean. */
  normal(mean: number, deviation: number): number;
  /** Positive, with a long tail to the right, of the given mean. */
  skewed(mean: number): number;
  /** `count` different items, in the order in which they stood. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** Chris Doty-Humphrey's sfc32 over the sha256 of the seed. */
const sfc32 = (seed: string): (() => number) => {
  const hash = createHash("sha256").update(seed).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => hash.readInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
};

export const random = (seed: string): Random => {
  const next = sfc32(seed);
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const at = <T>(items: readonly T[], index: number): T => {
    const item = items[index];
    if (item === undefined) throw new RangeError(`no item ${index} of ${items.length}`);
    return item;
  };
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => at(items, int(0, items.length - 1)),
    weighted: (items, weight) => {
      let left = next() * items.reduce((sum, item) => sum + weight(item), 0);
      const found = items.find((item) => (left -= weight(item)) < 0);
      return found ?? at(items, items.length - 1);
    },
    normal: (mean, deviation) => {
      let sum = -6;
      for (let i = 0; i < 12; i += 1) sum += next();
      return mean + sum * deviation;
    },
    skewed: (mean) => mean * (0.25 + 3 * next() * next()),
    sample: (items, count) => {
      const left = items.map((_, index) => index);
      const taken: number[] = [];
      while (taken.length < count) taken.push(...left.splice(int(0, left.length - 1), 1));
      return taken.sort((a, b) => a - b).map((index) => at(items, index));
    },
  };
};
