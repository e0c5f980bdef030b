// The thirteen months that every example table covers, in days.

/** `YYYY-MM`, September 2025 to September 2026. */
export const MONTHS: readonly string[] = Array.from({ length: 13 }, (_, index) =>
  new Date(Date.UTC(2025, 8 + index, 1)).toISOString().slice(0, 7),
);

/** Every day of a month as `YYYY-MM-DD`. */
export const daysOf = (month: string): string[] => {
  const [year, number] = month.split("-").map(Number) as [number, number];
  const count = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from(
    { length: count },
    (_, index) => `${month}-${String(index + 1).padStart(2, "0")}`,
  );
};

/** 0 is Sunday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay();

/** Calendar month of `YYYY-MM…`, 0 is January: index into tables of twelve seasonal factors. */
export const seasonIndex = (day: string): number => Number(day.slice(5, 7)) - 1;

/** `YYYY-MM-DDTHH:MM:SS` of a day and a number of minutes after its midnight. */
export const timestamp = (day: string, minutes: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + Math.round(minutes) * 60_000)
    .toISOString()
    .slice(0, 19);
