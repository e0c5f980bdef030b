// Namespaces as one sortable string: each label ends with the unit separator, so that the labels of
// ["a"] are a prefix of those of ["a", "b"] and not of those of ["ab"].
import { CheckpointError } from "../errors.ts";

const END = "\u001f";

export const joinLabels = (labels: readonly string[]): string => {
  for (const label of labels) {
    if (
      typeof label !== "string" ||
      label === "" ||
      label.includes(END) ||
      label.includes("\0") ||
      !label.isWellFormed()
    ) {
      throw new CheckpointError(
        "CHECKPOINT_INVALID",
        `${JSON.stringify(label)} is not usable in a namespace.`,
      );
    }
  }
  return labels.map((label) => label + END).join("");
};

export const splitLabels = (ns: string): string[] => ns.split(END).slice(0, -1);

/** The smallest string after every string that starts with `prefix`. */
export const afterPrefix = (prefix: string): string => prefix + "\u{10ffff}";

/** The words of a text for full-text search. */
export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];
