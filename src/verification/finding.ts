// One spelling for making findings, and for the lists and guesses in their messages.
import type { CheckName, Finding, FindingCode } from "../protocol/index.ts";
import type { z } from "zod";

type Check = z.infer<typeof CheckName> | "plan" | "guardrails";

/** Makes the findings of one check. */
export const findingsOf =
  (check: Check) =>
  (code: FindingCode, message: string, where?: string): Finding => ({
    code,
    check,
    message,
    severity: "error",
    ...(where === undefined ? {} : { where }),
  });

export const asWarning = (finding: Finding): Finding => ({ ...finding, severity: "warning" });

export const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === "error");

/** `a, b, c`, cut after a dozen. */
export const listed = (names: readonly string[]): string =>
  names.length === 0
    ? "none"
    : names.length <= 12
      ? names.join(", ")
      : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;

/** What stands in a cell, for a message. */
export const shown = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
};

const distance = (left: string, right: string): number => {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution =
        (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(
        Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1),
      );
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
};

/** ` (did you mean sales?)`, or what there is instead. */
export const didYouMean = (name: string, known: readonly string[]): string => {
  const wanted = name.toLowerCase().slice(0, 128);
  const near = known
    .map((candidate) => ({
      candidate,
      far: distance(wanted, candidate.toLowerCase().slice(0, 128)),
    }))
    .sort((left, right) => left.far - right.far)[0];
  const close = near !== undefined && near.far <= Math.max(2, Math.floor(wanted.length / 3));
  return close
    ? `did you mean ${near.candidate}? There is: ${listed(known)}`
    : `there is: ${listed(known)}`;
};
