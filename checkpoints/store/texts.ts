// The texts of a value at a path: `title`, `meta.title`, `chapters[*].content`, `authors[0].name`,
// `tags[-1]`, and `$` for all of it.

const stepsOf = (path: string): string[] => path.match(/[^.[\]]+|\[[^\]]*\]/g) ?? [];

const asText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? String(value) : value;

const leafText = (value: unknown): string[] => {
  if (value === null || value === undefined) return [];
  return [typeof value === "string" ? value : JSON.stringify(value, asText)];
};

const follow = (value: unknown, steps: readonly string[]): string[] => {
  const [step, ...rest] = steps;
  if (step === undefined) return leafText(value);
  if (step.startsWith("[")) {
    if (!Array.isArray(value)) return [];
    const index = step.slice(1, -1);
    return index === "*"
      ? value.flatMap((item) => follow(item, rest))
      : follow(value.at(Number(index)), rest);
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
  return follow((value as Record<string, unknown>)[step], rest);
};

/** Every text at the path; none when the value has nothing there. */
export const textsAt = (value: unknown, path: string): string[] =>
  path === "$" ? leafText(value) : follow(value, stepsOf(path));
