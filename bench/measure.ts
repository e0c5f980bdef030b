// Measuring on noisy machines: the things compared are run in turn, and medians and ratios reported.

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

/** Milliseconds of each contender, run in turn `rounds` times after one round that is not counted. */
export const inTurn = async (
  contenders: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<Record<string, number[]>> => {
  const times: Record<string, number[]> = Object.fromEntries(
    Object.keys(contenders).map((name) => [name, []]),
  );
  for (let round = -1; round < rounds; round += 1)
    for (const [name, run] of Object.entries(contenders)) {
      const started = performance.now();
      await run();
      if (round >= 0) times[name]?.push(performance.now() - started);
    }
  return times;
};

/** One line: minimum, median, maximum. */
export const line = (name: string, values: readonly number[], unit = "ms"): string =>
  `${name.padEnd(44)} ${[Math.min(...values), median(values), Math.max(...values)]
    .map((value) => value.toFixed(1).padStart(9))
    .join(" ")}  ${unit} (min, median, max of ${values.length})`;
