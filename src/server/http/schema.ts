// Schemas that many endpoints share.
import { z } from "zod";
import type { Json, JsonObject } from "../../storage/index.ts";

/** Any JSON value: the body was JSON, so whatever stands here is one. */
export const AnyJson = z.custom<Json>((value) => value !== undefined);

export const AnyObject = z
  .record(z.string(), z.unknown())
  .transform((value): JsonObject => value as JsonObject);

export const Id = z.guid();
export const Name = z.string().min(1).max(255);

const MAX_OFFSET = 2 ** 31 - 1;

export const Limit = z.int().min(1).max(1_000).default(10);
export const Offset = z.int().min(0).max(MAX_OFFSET).default(0);
export const SortOrder = z.enum(["asc", "desc"]).optional();
/** Fields of the answer to keep; unknown ones are passed over. */
export const Select = z.array(z.string().max(255)).max(100).optional();

/** As a query parameter: a number in decimal. */
export const queryNumber = (schema: z.ZodType<number, number>) =>
  z
    .string()
    .regex(/^\d{1,10}$/, "a whole number")
    .transform(Number)
    .pipe(schema);

/** As a query parameter: `true`, `1`, `yes`; anything else is false. */
export const QueryFlag = z
  .string()
  .transform((text) => ["true", "1", "yes"].includes(text.toLowerCase()))
  .optional();

/** As a query parameter that may come several times. */
export const QueryList = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === "string" ? [value] : value))
  .optional();

/** The fields asked for of an object; `undefined` asks for all. */
export const selected = <Value extends object>(
  value: Value,
  select: readonly string[] | undefined,
): Partial<Value> =>
  select === undefined || select.length === 0
    ? value
    : (Object.fromEntries(
        Object.entries(value).filter(([name]) => select.includes(name)),
      ) as Partial<Value>);

const Checkpoint = z.object({
  thread_id: z.string().max(255).nullish(),
  checkpoint_id: z.string().max(255).nullish(),
  checkpoint_ns: z.string().max(4_096).nullish(),
  checkpoint_map: AnyObject.nullish(),
});
export const CheckpointField = Checkpoint.nullish();

/** `Asked for` columns: wire names to ours. */
export const mapped = <Wire extends string, Ours extends string>(
  names: Readonly<Record<Wire, Ours>>,
  name: Wire | undefined,
): Ours | undefined => (name === undefined ? undefined : names[name]);
