// How text sits in a terminal's cells. Text of models and files may hold anything: control characters
// are taken out before it is shown, so that data cannot steer the terminal or hide a part of itself.

// Colours only: what this program itself puts into a line.
// eslint-disable-next-line no-control-regex
const COLOUR = /(\u001B\[\d+m)/;
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B./g;
// Line breaks and tabs stay. The second half turns the direction of writing.
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const ZERO = /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u;
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]$|^\p{Emoji_Presentation}$/u;

const cells = (letter: string): number => (ZERO.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1);

/** Cells a line takes; colours take none. */
export const displayWidth = (line: string): number => {
  let width = 0;
  for (const part of line.split(COLOUR))
    if (!part.startsWith("\u001B")) for (const letter of part) width += cells(letter);
  return width;
};

/** Cuts a line so that it fits before the last column: a full line would wrap in some terminals. */
export const fit = (line: string, columns: number): string => {
  const room = Math.max(1, columns - 1);
  if (displayWidth(line) <= room) return line;
  let width = 0;
  let out = "";
  for (const part of line.split(COLOUR)) {
    if (part.startsWith("\u001B")) {
      out += part;
      continue;
    }
    for (const letter of part) {
      if (width + cells(letter) > room - 1)
        return `${out}…${out.includes("\u001B") ? "\u001B[0m" : ""}`;
      out += letter;
      width += cells(letter);
    }
  }
  return out;
};

/** Text without anything that a terminal would obey. */
export const clean = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll(ESCAPES, "").replaceAll(CONTROLS, "");

/** The same value with every text in it made clean. */
export const cleanDeep = <Value>(value: Value): Value => {
  if (typeof value === "string") return clean(value) as Value;
  if (Array.isArray(value)) return value.map(cleanDeep) as Value;
  if (value === null || typeof value !== "object") return value;
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return isPlain
    ? (Object.fromEntries(
        Object.entries(value).map(([key, item]) => [clean(key), cleanDeep(item)]),
      ) as Value)
    : value;
};

/** The first line of a text, with its runs of blanks made single. */
export const oneLine = (text: string): string =>
  (text.trim().split("\n")[0] ?? "").replaceAll(/\s+/g, " ");

/** Breaks lines between words so that none is wider than the terminal; what follows is indented alike. */
export const wrap = (text: string, columns: number): string =>
  text
    .split("\n")
    .flatMap((line) => {
      if (displayWidth(line) < columns) return [line];
      const indent = /^\s*(?:[-•] |\d+\. )?/.exec(line)?.[0].length ?? 0;
      const lines: string[] = [];
      let current = "";
      for (const word of line.split(/(?<=\S) +/)) {
        const joined = current === "" ? word : `${current} ${word}`;
        if (current.trim() === "" || displayWidth(joined) < columns) current = joined;
        else {
          lines.push(current);
          current = " ".repeat(indent) + word;
        }
      }
      return [...lines, current];
    })
    .join("\n");
