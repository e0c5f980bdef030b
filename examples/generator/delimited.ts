// CSV and TSV text. Fields are quoted only where they must be, lines end with a line feed.

const quoted = (field: string, separator: string): string =>
  field.includes(separator) || field.includes('"') || field.includes("\n")
    ? `"${field.replaceAll('"', '""')}"`
    : field;

export const delimited = (
  rows: readonly (readonly (string | number)[])[],
  separator = ",",
): string =>
  rows.map((row) => row.map((f) => quoted(String(f), separator)).join(separator)).join("\n") + "\n";

/** Whole cents as an amount: 123450 -> `1234.50`. */
export const amount = (cents: number): string => {
  const sign = cents < 0 ? "-" : "";
  const digits = String(Math.abs(cents)).padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
