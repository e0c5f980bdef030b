// Inputs and finished files, always by content: a name is a label, the sha256 is the identity.
import { z } from "zod";

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file in the content-addressed store. */
export const FileRef = z.object({
  sha256: Sha256,
  /** File name without a folder, e.g. `report.xlsx`. */
  name: z.string().min(1).max(255),
  mime: z.string(),
  bytes: z.int().nonnegative(),
});
export type FileRef = z.infer<typeof FileRef>;

/** A file a person gave, as copied at intake. */
export const SourceRef = FileRef.extend({
  kind: z.enum(["table", "document"]),
});
export type SourceRef = z.infer<typeof SourceRef>;

/**
 * An input as a caller names it: a path on the host, read once and copied, or content that is stored
 * already. A bare string is a path.
 */
export const GivenFile = z.union([
  z.string().min(1),
  z.object({ path: z.string().min(1), name: z.string().optional() }),
  SourceRef,
]);
export type GivenFile = z.infer<typeof GivenFile>;

/** A file given again under its name replaces the one before it. */
export const latestByName = (sources: readonly SourceRef[]): SourceRef[] => [
  ...new Map(sources.map((source) => [source.name, source])).values(),
];
