// An open question as text: what is asked, what to look at, and the commands that answer it.
import type { OpenQuestion } from "../runs/index.ts";
import { clean, wrap } from "./display-width.ts";
import { bold, dim, quoted, shortId, shortPath } from "./format.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Place, Terminal } from "./platform.ts";
import type { ReviewFiles } from "./review-folder.ts";

const TITLES: Readonly<Record<string, string>> = {
  plan: "Approve the plan?",
  result: "Approve the result?",
  clarify: "The goal leaves something open",
  task: "A specialist asks",
  limit: "A limit is reached",
  failure: "A call failed",
};

export const questionTitle = ({ payload }: OpenQuestion): string =>
  payload === undefined ? "A question" : (TITLES[payload.kind] ?? payload.questionId);

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");

/** How text is laid out: in colours or not, and in how many columns (absent: lines stay as they are). */
export interface Layout {
  readonly ansi: boolean;
  readonly columns?: number;
}

export const layoutOf = ({ ansi, movable, columns }: Terminal): Layout =>
  movable ? { ansi, columns: columns() } : { ansi };

/** What is asked, whole, for a person to read. */
export const questionBody = (
  { payload, value }: OpenQuestion,
  review: ReviewFiles,
  { ansi, columns }: Layout,
): string => {
  const asked =
    payload?.actionRequests[0]?.description ??
    (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  const look =
    review.files.length === 0
      ? []
      : ["", "Look at them before you decide:", ...review.files.map(shortPath)];
  const body = indented([renderMarkdown(clean(asked), ansi), ...look].join("\n"));
  return columns === undefined ? body : wrap(body, columns);
};

/** How commands reach this thread again, as typed in this folder. */
export interface Address {
  readonly threadId: string;
  /** As it was told. */
  readonly place: Place;
}

/** The flags that lead to the same place again. A key is not repeated: screens are seen by others. */
export const placeFlags = ({ data, server }: Place): string =>
  [
    ...(data === undefined ? [] : [` --data ${quoted(data)}`]),
    ...(server === undefined ? [] : [` --server ${quoted(server)}`]),
  ].join("");

export const resumeCommand = ({ threadId, place }: Address): string =>
  `npx tutti resume ${shortId(threadId)}${placeFlags(place)}`;

const FORM = `--respond '{"…": "…"}'`;

/** The commands that answer a question, one for each decision it allows. */
export const answerCommands = (
  address: Address,
  { payload }: OpenQuestion,
  review: ReviewFiles,
  isOneOfSeveral: boolean,
): string[] => {
  const flags: Readonly<Record<string, string>> = {
    approve: "--approve",
    edit: `--edit ${quoted(shortPath(review.edit ?? "decision.json"))}`,
    reject: '--reject "why"',
    respond:
      payload?.kind === "limit"
        ? "--respond 5eur,400ktok"
        : payload?.kind === "clarify"
          ? FORM
          : '--respond "text"',
  };
  const which = isOneOfSeveral && payload !== undefined ? ` --task ${payload.questionId}` : "";
  const allowed = payload?.reviewConfigs[0]?.allowedDecisions ?? ["respond"];
  return allowed.map((one) => `${resumeCommand(address)}${which} ${flags[one] ?? ""}`);
};

/** The commands that answer a question, ready to be copied. */
const describeAnswers = (
  address: Address,
  question: OpenQuestion,
  review: ReviewFiles,
  { ansi, isOneOfSeveral }: Layout & { isOneOfSeveral: boolean },
): string => {
  const commands = answerCommands(address, question, review, isOneOfSeveral);
  const editable =
    review.edit === undefined
      ? ""
      : dim(`  To edit, change ${shortPath(review.edit)} first.\n`, ansi);
  return [
    `Answer with${commands.length > 1 ? " one of" : ""}:\n`,
    ...commands.map((command) => `  ${command}\n`),
    editable,
  ].join("");
};

/** The whole question with its answers, for where nobody can be asked at once. */
export const describeQuestion = (
  address: Address,
  question: OpenQuestion,
  review: ReviewFiles,
  layout: Layout & { isOneOfSeveral: boolean },
): string =>
  [
    `\n${bold(questionTitle(question), layout.ansi)}\n\n`,
    `${questionBody(question, review, layout)}\n\n`,
    describeAnswers(address, question, review, layout),
  ].join("");

/** A question that was shown and left open: only how to come back to it. */
export const describeOpen = (address: Address, count: number): string =>
  `\n${count > 1 ? "The questions stay open" : "The question stays open"}; nothing is lost. Come back to it with:\n  ${resumeCommand(address)}\n`;
