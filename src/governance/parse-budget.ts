// A budget as people write it: "2.50eur,200ktok,50calls,10min,40steps".
import { TuttiError } from "../errors.ts";
import type { Amounts } from "../ports/index.ts";

/** The limits of a run; what is absent is not limited. */
export interface Budget extends Amounts {
  minutes?: number;
  steps?: number;
}

type Name = keyof Budget;

const UNITS: Readonly<Record<string, { name: Name; factor: number }>> = {
  eur: { name: "microEur", factor: 1e6 },
  euro: { name: "microEur", factor: 1e6 },
  "€": { name: "microEur", factor: 1e6 },
  ct: { name: "microEur", factor: 1e4 },
  tok: { name: "tokens", factor: 1 },
  tokens: { name: "tokens", factor: 1 },
  ktok: { name: "tokens", factor: 1e3 },
  mtok: { name: "tokens", factor: 1e6 },
  call: { name: "calls", factor: 1 },
  calls: { name: "calls", factor: 1 },
  step: { name: "steps", factor: 1 },
  steps: { name: "steps", factor: 1 },
  min: { name: "minutes", factor: 1 },
  minutes: { name: "minutes", factor: 1 },
  h: { name: "minutes", factor: 60 },
};
const NAMES: Readonly<Record<Name, string>> = {
  microEur: "money",
  tokens: "tokens",
  calls: "calls",
  minutes: "time",
  steps: "steps",
};

/** Throws USAGE that names the part which is wrong. */
export const parseBudget = (text: string): Budget => {
  const budget: Budget = {};
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const { name, amount } = parsePart(part, text);
    if (budget[name] !== undefined) throw wrong(part, `${NAMES[name]} is limited twice`);
    budget[name] = amount;
  }
  return budget;
};

const parsePart = (part: string, text: string): { name: Name; amount: number } => {
  if (part === "") throw wrong(text, "a part is empty");
  const [, digits, word] = /^(\d+(?:\.\d+)?)\s*([a-z€]+)$/i.exec(part) ?? [];
  if (digits === undefined || word === undefined) {
    throw wrong(part, "it is not a number followed by a unit");
  }
  const key = word.toLowerCase();
  const unit = Object.hasOwn(UNITS, key) ? UNITS[key] : undefined;
  if (unit === undefined) throw wrong(part, `"${word}" is no unit`);
  // Through a string: 2.3 * 1e6 is not an integer in binary.
  const amount = Number((Number(digits) * unit.factor).toPrecision(15));
  if (!(amount > 0)) throw wrong(part, "it must be more than nothing");
  if (unit.name !== "minutes" && !Number.isSafeInteger(amount)) {
    throw wrong(part, `${NAMES[unit.name]} cannot be divided that finely or is too large`);
  }
  return { name: unit.name, amount };
};

const wrong = (part: string, why: string): TuttiError =>
  new TuttiError("USAGE", `The budget "${part}" cannot be read: ${why}.`, {
    hint: "Write for example --budget 2.50eur,200ktok,50calls,10min,40steps; each part is optional.",
  });
