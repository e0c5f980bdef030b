// The check without which an output of a kind is never accepted, whether the plan asks for it or not.
import type { z } from "zod";
import type { CheckName, OutputKind } from "../protocol/index.ts";

const REQUIRED = {
  tables: "recompute",
  narrative: "narrative",
  passages: "citations",
  files: "files",
  data: "schema",
} as const satisfies Record<z.infer<typeof OutputKind>, z.infer<typeof CheckName>>;

export const requiredCheck = (kind: z.infer<typeof OutputKind>): z.infer<typeof CheckName> =>
  REQUIRED[kind];
