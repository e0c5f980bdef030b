// Values lie in a plain rowid table, in order of thread and number: a thread's values are neighbours,
// and appending one writes one page. The key holds both: 28 bits of thread, 35 bits of number.

const VALUE_BITS = 35;

/** Highest numbers of threads and of values that fit into a key. */
export const MAX_THREAD = 2 ** 28 - 1;
export const MAX_VALUE = 2 ** VALUE_BITS - 1;

/** SQL of a key, given SQL of its parts. */
export const keyOf = (thread: string, value: string): string =>
  `((${thread}) << ${VALUE_BITS} | (${value}))`;

/** SQL of the number in a key. */
export const valueOf = (key: string): string => `(${key} & ${MAX_VALUE})`;

/** SQL: the keys of a thread's values. */
export const isOfThread = (key: string, thread: string): string =>
  `${key} BETWEEN ${keyOf(thread, "0")} AND ${keyOf(thread, String(MAX_VALUE))}`;

/** SQL of the thread in a key. */
export const threadOf = (key: string): string => `(${key} >> ${VALUE_BITS})`;
