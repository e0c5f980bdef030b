// Exact decimals: whole numbers scaled by a power of ten, so that a thousand cents are ten euro.
import type { Cell } from "../protocol/index.ts";

/** `digits` × 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const NUMERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

const parse = (text: string): Decimal | undefined => {
  const match = NUMERAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
};

/** The decimal a cell stands for: of a float its shortest spelling. Undefined when it is no number. */
export const decimalOf = (cell: Cell | undefined): Decimal | undefined => {
  if (typeof cell === "number") {
    if (Number.isSafeInteger(cell)) return { digits: BigInt(cell), scale: 0 };
    return Number.isFinite(cell) ? parse(String(cell)) : undefined;
  }
  if (typeof cell === "boolean") return { digits: cell ? 1n : 0n, scale: 0 };
  return typeof cell === "string" ? parse(cell) : undefined;
};

const at = (value: Decimal, scale: number): bigint =>
  value.digits * 10n ** BigInt(scale - value.scale);

export const multiply = (left: Decimal, right: Decimal): Decimal => ({
  digits: left.digits * right.digits,
  scale: left.scale + right.scale,
});

export const add = (left: Decimal, right: Decimal): Decimal => {
  const scale = Math.max(left.scale, right.scale);
  return { digits: at(left, scale) + at(right, scale), scale };
};

export const negate = (value: Decimal): Decimal => ({ digits: -value.digits, scale: value.scale });

/** The nearest number; a whole number beyond 2^53 stays text, as in a Cell. */
export const cellOf = (value: Decimal): number | string => {
  const whole = value.scale === 0 ? value.digits : undefined;
  if (whole !== undefined) {
    const number = Number(whole);
    return Number.isSafeInteger(number) ? number : String(whole);
  }
  return numberOf(value);
};

/** The nearest number. */
export const numberOf = ({ digits, scale }: Decimal): number => Number(`${digits}e-${scale}`);

const SAFE = 2 ** 50;

/** A running exact sum. Most values take the fast way: whole numbers below 2^50 at the scale so far. */
export class ExactSum {
  count = 0;
  #small = 0;
  #big = 0n;
  #scale = 0;
  #power = 1;

  add(value: number | Decimal): void {
    this.count += 1;
    if (typeof value === "number") {
      const scaled = Math.round(value * this.#power);
      if (Math.abs(scaled) < SAFE && scaled / this.#power === value) {
        this.#small += scaled;
        if (Math.abs(this.#small) > SAFE) this.#flush();
        return;
      }
    }
    const exact = typeof value === "number" ? decimalOf(value) : value;
    if (exact === undefined) return;
    if (exact.scale > this.#scale) this.#rescale(exact.scale);
    this.#big += at(exact, this.#scale);
  }

  total(): Decimal {
    this.#flush();
    return { digits: this.#big, scale: this.#scale };
  }

  #flush(): void {
    this.#big += BigInt(this.#small);
    this.#small = 0;
  }

  #rescale(scale: number): void {
    this.#flush();
    this.#big *= 10n ** BigInt(scale - this.#scale);
    this.#scale = scale;
    // Beyond 10^22 a power of ten is no exact number: then only the slow way is taken.
    this.#power = scale <= 15 ? 10 ** scale : Number.NaN;
  }
}
