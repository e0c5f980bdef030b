// The known word that someone probably meant.

/** Insertions, deletions and changes between two words. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** `; did you mean "sql"?`, or nothing when no known word is near. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const near = known
    .map((candidate) => ({ candidate, away: distance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, away }) => away <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.away - b.away)[0];
  return near === undefined ? "" : `; did you mean "${near.candidate}"?`;
};
