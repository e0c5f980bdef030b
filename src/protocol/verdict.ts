// What the checks say of a hand-over. Codes are stable names: tests, prompts and docs use them.
import { z } from "zod";

export const FindingCode = z.enum([
  "schema", // the hand-over has not the expected shape
  "prose-instead-of-data", // text where tables or files were due
  "nothing-done", // success claimed without output or evidence
  "task-failed", // the assignee says that it failed
  "missing-column",
  "duplicate-rows", // the same group twice
  "truncated", // rows are missing, said or unsaid
  "wrong-figure", // a cell differs from the computation on the source
  "wrong-total", // parts do not add up to the whole, or a total differs
  "wrong-label", // the right number under the wrong name
  "wrong-period", // rows or figures of another period
  "wrong-unit", // another currency or unit than the source's
  "wrong-direction", // text that says a change went the other way
  "stale-source", // computed from a file that is not the run's input
  "unknown-source",
  "not-reproducible", // the SQL fails or gives other rows
  "missing-file",
  "empty-file",
  "unopenable-file", // the file does not open as what it claims to be
  "file-mismatch", // a file's content differs from the verified results
  "invented-number", // a number in text that is in no verified result
  "unresolved-token", // a figure token that names no cell
  "uncited", // a claim from documents without a passage, or an unknown passage
  "misquoted", // a passage that is not in its document
  "unknown-assignee",
  "unknown-dependency",
  "dependency-cycle",
  "missing-check", // a task without check or expectation
  "duplicate-task",
  "unknown-table", // a query on a table or column that is not there
  "guardrail", // a user's check function
  "judge", // a model's opinion
]);
export type FindingCode = z.infer<typeof FindingCode>;

export const Finding = z.object({
  code: FindingCode,
  check: z.string(),
  /** A sentence with both values, e.g. `North: 120.00 in the result, 100.00 from the source`. */
  message: z.string(),
  /** Where: `tables/<id>/rows/3/revenue`, `files/report.pdf`, `narrative/<section>/2`. */
  where: z.string().optional(),
  severity: z.enum(["error", "warning"]).default("error"),
});
export type Finding = z.infer<typeof Finding>;

export const Verdict = z.object({
  /** False when any finding is an error. */
  ok: z.boolean(),
  findings: z.array(Finding),
  /** The checks that ran, in order. */
  checks: z.array(z.string()),
});
export type Verdict = z.infer<typeof Verdict>;

/** A verdict from findings: warnings alone do not fail it. */
export const verdictOf = (findings: readonly Finding[], checks: readonly string[]): Verdict => ({
  ok: findings.every((finding) => finding.severity === "warning"),
  findings: [...findings],
  checks: [...checks],
});
