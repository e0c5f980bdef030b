// Reading one value out of a document by a path such as `values.messages[-1].content`.
import type { Json } from "../../storage/index.ts";

/** Undefined when the path leads nowhere. */
export const valueAt = (document: Json, path: string): Json | undefined => {
  const steps = path
    .replaceAll(/\[(-?\d{1,9})\]/g, ".$1")
    .split(".")
    .filter((step) => step !== "");
  return steps.reduce<Json | undefined>((value, step) => {
    if (typeof value !== "object" || value === null) return undefined;
    if (Array.isArray(value)) return (value as readonly Json[]).at(Number(step));
    return Object.hasOwn(value, step)
      ? (value as { readonly [key: string]: Json })[step]
      : undefined;
  }, document);
};
