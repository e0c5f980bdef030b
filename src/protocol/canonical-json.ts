// JSON with sorted keys and no spaces: equal values have equal text, and so equal hashes.

/** What JSON.stringify leaves out is left out; a value it cannot write at all is an empty text. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  ) ?? "";
