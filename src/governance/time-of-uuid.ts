// LangGraph names runs (version 7) and checkpoints (version 6) by UUIDs that hold their time of creation.
const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([67])([0-9a-f]{3})-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** 100 ns intervals from 15 October 1582, where version 6 begins to count, to 1970. */
const GREGORIAN_OFFSET = 0x01b2_1dd2_1381_4000n;

/** Milliseconds since the epoch at which a time-based UUID was made; undefined for any other text. */
export const timeOfUuid = (id: unknown): number | undefined => {
  const match = typeof id === "string" ? UUID.exec(id) : null;
  if (match === null) return undefined;
  const [, high = "", middle = "", version, low = ""] = match;
  if (version === "7") return Number.parseInt(high + middle, 16);
  return Number((BigInt(`0x${high}${middle}${low}`) - GREGORIAN_OFFSET) / 10_000n);
};
