// Measuring, and one table of everything that was measured.

export const KINDS = ["stock", "ours"] as const;
export type Kind = (typeof KINDS)[number];

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

export interface Time {
  /** Milliseconds. */
  readonly wall: number;
  readonly cpu: number;
}

export const timed = async (work: () => Promise<unknown>): Promise<Time> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const used = process.cpuUsage(cpu);
  return { wall: performance.now() - start, cpu: (used.user + used.system) / 1_000 };
};

/** One after the other, the official one first. */
export const perKind = async <T>(work: (kind: Kind) => Promise<T>): Promise<Record<Kind, T>> => ({
  stock: await work("stock"),
  ours: await work("ours"),
});

/** What ours must not exceed: a number, or a share of the official figure. */
export type Aim = { readonly atMost: number } | { readonly part: number } | undefined;

const limitOf = (aim: Aim, stock: number): number | undefined => {
  if (aim === undefined) return undefined;
  return "atMost" in aim ? aim.atMost : stock / aim.part;
};

const show = (value: number, unit: string): string =>
  Number.isNaN(value) ? "-" : `${value >= 100 ? Math.round(value) : value.toFixed(2)} ${unit}`;

export const printHeader = (): void =>
  console.log("| measure | stock | ours | stock/ours | aim | reached |\n|---|---|---|---|---|---|");

/** Prints a line; `stock` is NaN when there is nothing to compare with. */
export const say = (
  measure: string,
  { stock, ours }: Readonly<Record<Kind, number>>,
  unit: string,
  aim?: Aim,
): void => {
  const limit = limitOf(aim, stock);
  const ratio = Number.isNaN(stock) ? "-" : `${(stock / ours).toFixed(1)}x`;
  const wanted =
    aim === undefined
      ? ""
      : "atMost" in aim
        ? `<= ${aim.atMost} ${unit}`
        : `<= 1/${aim.part} of stock`;
  const reached = limit === undefined ? "" : ours <= limit ? "yes" : "no";
  const cells = [measure, show(stock, unit), show(ours, unit), ratio, wanted, reached];
  console.log(`| ${cells.join(" | ")} |`);
};
