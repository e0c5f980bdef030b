// What the parts of the load share: requests, many at a time, and their times.

export interface Load {
  readonly url: string;
  /** Requests under way at a time. */
  readonly concurrency: number;
  readonly say: (text: string) => void;
}

export interface Timed<T> {
  readonly body: T;
  readonly ms: number;
}

/** The answer's JSON and the milliseconds it took. Throws for what is no 2xx. */
export const request = async <T = unknown>(
  { url }: Load,
  method: string,
  path: string,
  body?: unknown,
): Promise<Timed<T>> => {
  const began = performance.now();
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return { body: JSON.parse(text) as T, ms: performance.now() - began };
};

/** `work` for 0 … count-1, so many at a time; answers what each answered. */
export const each = async <T>(
  count: number,
  concurrency: number,
  work: (n: number) => Promise<T>,
): Promise<T[]> => {
  const results: T[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const n = next;
      next += 1;
      results[n] = await work(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, one));
  return results;
};

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);

export const percentile = (values: readonly number[], share: number): number =>
  Number(
    at(
      [...values].sort((a, b) => a - b),
      share,
    ),
  );

export const figures = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  return `p50 ${at(sorted, 0.5)}, p95 ${at(sorted, 0.95)}, p99 ${at(sorted, 0.99)}, max ${at(sorted, 1)} ms`;
};

/** How many threads there are that look so, asked until `until` of it or nothing changes for a minute. */
export const countUntil = async (load: Load, query: object, until: number): Promise<number> => {
  let before = -1;
  let since = Date.now();
  for (;;) {
    const { body: count } = await request<number>(load, "POST", "/threads/count", query);
    if (count >= until) return count;
    if (count !== before) since = Date.now();
    if (Date.now() - since > 60_000) return count;
    before = count;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};
