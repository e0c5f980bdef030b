// How wide text in DejaVu Sans is, well enough to lay out labels.

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

const emOf = (char: string): number => {
  if (/[iIlj.,:;'|![\]()\s]/.test(char)) return 0.36;
  if (/[frt/\-"]/.test(char)) return 0.42;
  if (/[mwMW@%&]/.test(char)) return 0.93;
  if (/[A-Z]/.test(char)) return 0.7;
  if ((char.codePointAt(0) ?? 0) > 0x2e80) return 1;
  return 0.63;
};

/** Width in pixels of a Vega text item. */
export const textWidth = (item: TextItem, text: unknown): number => {
  const size = item.fontSize ?? 11;
  const bold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
  const ems = Array.from(typeof text === "string" ? text : JSON.stringify(text ?? ""), emOf).reduce(
    (sum, em) => sum + em,
    0,
  );
  return ems * size * (bold ? 1.12 : 1);
};
