// pdfkit shapes each word for itself and sets words from left to right. Words of a right-to-left script
// that follow each other are therefore drawn one by one and in reverse, so that they read in their own
// direction.

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** Pieces of a line in the order in which they stand on paper from the left; mostly just one. */
export const visualPieces = (line: string): string[] => {
  if (!RIGHT_TO_LEFT.test(line)) return [line];
  const out: string[] = [];
  let run: string[] = [];
  const flush = (): void => {
    const trailing = run.at(-1)?.trim() === "" ? run.pop() : undefined;
    out.push(...run.reverse(), ...(trailing === undefined ? [] : [trailing]));
    run = [];
  };
  for (const piece of line.split(/( +)/)) {
    const joins = piece.trim() === "" && run.length > 0;
    if (RIGHT_TO_LEFT.test(piece) || joins) run.push(piece);
    else {
      flush();
      out.push(piece);
    }
  }
  flush();
  return out;
};
