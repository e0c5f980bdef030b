// Small pieces of text the commands share.
import type { TuttiError } from "../errors.ts";
import type { TaskStatus, Usage } from "../protocol/index.ts";

const paint =
  (code: number) =>
  (text: string, ansi: boolean): string =>
    ansi ? `\u001B[${code}m${text}\u001B[0m` : text;
export const bold = paint(1);
export const dim = paint(2);
const red = paint(31);
const green = paint(32);
const yellow = paint(33);
const blue = paint(34);

const MARKS: Readonly<Record<TaskStatus, [string, (text: string, ansi: boolean) => string]>> = {
  pending: ["·", dim],
  working: ["▸", blue],
  checking: ["?", blue],
  retrying: ["↻", yellow],
  waiting: ["…", yellow],
  done: ["✓", green],
  failed: ["✗", red],
  dropped: ["-", dim],
};

export const markOf = (status: TaskStatus, ansi: boolean): string => {
  const [mark, colour] = MARKS[status];
  return colour(mark, ansi);
};

const WORDS: Readonly<Record<TaskStatus, string>> = {
  pending: "",
  working: "working",
  checking: "checking",
  retrying: "failed its checks, trying again",
  waiting: "waiting for a person",
  done: "",
  failed: "failed",
  dropped: "dropped",
};
export const wordsOf = (status: TaskStatus): string => WORDS[status];

export const duration = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const spending = ({ inputTokens, outputTokens, costEur, calls }: Usage): string => {
  const tokens = (inputTokens + outputTokens).toLocaleString("en");
  const money = costEur === undefined ? "cost unknown" : `${costEur.toFixed(2)} EUR`;
  return `${calls} model calls, ${tokens} tokens, ${money}`;
};

export const errorText = (error: TuttiError, ansi: boolean): string =>
  `${red(`error ${error.code}`, ansi)}: ${error.message}${error.hint === undefined ? "" : `\n${dim(error.hint, ansi)}`}\n`;

/** Cuts a line to the terminal's width; escape sequences count as nothing. */
export const fit = (line: string, columns: number): string => {
  let width = 0;
  let out = "";
  // eslint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001B\[\d+m)/)) {
    if (part.startsWith("\u001B")) {
      out += part;
      continue;
    }
    for (const letter of part) {
      if (width + 1 > columns - 1) return `${out}…\u001B[0m`;
      out += letter;
      width += 1;
    }
  }
  return out;
};
