// Small pieces of text the commands share.
import { relative, sep } from "node:path";
import type { TuttiError } from "../errors.ts";
import type { TaskStatus, Usage } from "../protocol/index.ts";
import { clean } from "./display-width.ts";

type Paint = (text: string, ansi: boolean) => string;

const paint =
  (code: number): Paint =>
  (text, ansi) =>
    ansi && text !== "" ? `\u001B[${code}m${text}\u001B[0m` : text;
export const bold = paint(1);
export const dim = paint(2);
export const yellow = paint(33);
const red = paint(31);
const green = paint(32);
const cyan = paint(36);

const MARKS: Readonly<Record<TaskStatus, [string, Paint]>> = {
  pending: ["·", dim],
  working: ["▸", cyan],
  checking: ["?", cyan],
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
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const counted = (count: number, one: string): string =>
  `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

/** Tokens, money, calls: the least droppable first. */
export const spending = ({ inputTokens, outputTokens, costEur, calls }: Usage): string => {
  const isSmall = costEur !== undefined && costEur > 0 && costEur < 0.1;
  const money = costEur === undefined ? "cost unknown" : `${costEur.toFixed(isSmall ? 4 : 2)} EUR`;
  return [counted(inputTokens + outputTokens, "token"), money, counted(calls, "call")].join(" · ");
};

export const size = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(0)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;

/** A path as a person in this folder would type it. */
export const shortPath = (path: string): string => {
  const way = relative(process.cwd(), path);
  return way === "" ? "." : way.startsWith(`..${sep}`) || way === ".." ? path : way;
};

export const shortId = (threadId: string): string => threadId.slice(0, 8);

export const errorText = (error: TuttiError, ansi: boolean): string => {
  const hint = error.hint === undefined ? "" : `\n${dim(clean(error.hint), ansi)}`;
  return `${red(`error ${error.code}`, ansi)}: ${clean(error.message)}${hint}\n`;
};

/** A word of a shell's command line. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Findings and failures often name the task again that the line begins with. */
export const withoutEcho = (text: string, taskId: string): string => {
  const echo = `task ${taskId} failed: `;
  let rest = text;
  while (rest.startsWith(echo)) rest = rest.slice(echo.length);
  return rest;
};
