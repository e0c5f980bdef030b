// Puts an open question to the person at the terminal and reads the answer.
import { readFile } from "node:fs/promises";
import { isCancel, log, select, text } from "@clack/prompts";
import { messageOf } from "../errors.ts";
import type { OpenQuestion } from "../runs/index.ts";
import { clean } from "./display-width.ts";
import { bold, shortPath } from "./format.ts";
import type { Terminal } from "./platform.ts";
import { layoutOf, questionBody, questionTitle } from "./question-text.ts";
import type { ReviewFiles } from "./review-folder.ts";

/** Decided: an answer for `runs/answer`; undefined: the person left the question open. */
export type Prompted = Record<string, unknown> | undefined;

const LATER = "later";

/** What all prompts are given: an aborted signal leaves the question open. */
interface Asking {
  readonly signal: AbortSignal;
}

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  limit: {
    approve: "Raise the limit as proposed",
    respond: "Give another budget",
    reject: "End the run here",
  },
  failure: { approve: "Try again", reject: "Give up" },
  task: { approve: "Yes", respond: "Answer", reject: "Decline to answer" },
  usual: {
    approve: "Approve",
    edit: "Edit, then approve",
    reject: "Reject, and say why",
    respond: "Answer",
  },
};

const labelOf = (kind: string, decision: string): string =>
  LABELS[kind]?.[decision] ?? LABELS["usual"]?.[decision] ?? decision;

/** Waits until the file holds what the person wants; says what is wrong with it while it is no JSON. */
const edited = async (path: string, asking: Asking): Promise<Prompted> => {
  for (;;) {
    const ready = await select({
      ...asking,
      message: `Edit ${shortPath(path)} in your editor`,
      options: [
        { value: "done", label: "Saved: approve what it says now" },
        { value: LATER, label: "Leave it for later" },
      ],
    });
    if (isCancel(ready) || ready === LATER) return undefined;
    try {
      return { type: "edit", args: JSON.parse(await readFile(path, "utf8")) as unknown };
    } catch (error) {
      log.error(`That cannot be read as JSON yet: ${messageOf(error)}`);
    }
  }
};

interface Field {
  description?: string;
  enum?: string[];
}

/** A form's questions one by one; an empty answer takes the usual value. */
const filled = async (
  schema: Record<string, unknown> | undefined,
  asking: Asking,
): Promise<Prompted> => {
  const fields = (schema?.["properties"] ?? {}) as Record<string, Field>;
  const required = new Set((schema?.["required"] ?? []) as string[]);
  const answers: Record<string, unknown> = {};
  for (const [id, { description, enum: options }] of Object.entries(fields)) {
    const message = clean(description ?? id);
    const value =
      options === undefined
        ? await text({
            ...asking,
            message,
            validate: (given) =>
              required.has(id) && (given ?? "").trim() === "" ? "This one is needed." : undefined,
          })
        : await select({
            ...asking,
            message,
            options: options.map((one) => ({ value: one, label: clean(one) })),
          });
    if (isCancel(value)) return undefined;
    if (value !== "" && value !== undefined) answers[id] = value;
  }
  return { type: "respond", value: answers };
};

const words = async (
  message: string,
  needed: boolean,
  asking: Asking,
): Promise<string | undefined> => {
  const answer = await text({
    ...asking,
    message,
    validate: (given) =>
      needed && (given ?? "").trim() === ""
        ? "Please say something, or leave with Ctrl-C."
        : undefined,
  });
  return isCancel(answer) ? undefined : (answer ?? "");
};

const respond = async ({ payload }: OpenQuestion, asking: Asking): Promise<Prompted> => {
  const schema = payload?.reviewConfigs[0]?.argsSchema;
  if (payload?.kind === "clarify") return filled(schema, asking);
  const options = payload?.actionRequests[0]?.args["options"];
  const own = "\u0000own";
  if (Array.isArray(options) && options.length > 0) {
    const chosen = await select({
      ...asking,
      message: "Your answer",
      options: [
        ...options.map((one) => ({ value: String(one), label: clean(String(one)) })),
        { value: own, label: "Something else" },
      ],
    });
    if (isCancel(chosen)) return undefined;
    if (chosen !== own) return { type: "respond", value: chosen };
  }
  const answer = await words(
    payload?.kind === "limit" ? "The new budget, e.g. 5eur,400ktok" : "Your answer",
    true,
    asking,
  );
  return answer === undefined ? undefined : { type: "respond", value: answer };
};

const decide = async (
  question: OpenQuestion,
  review: ReviewFiles,
  asking: Asking,
): Promise<Prompted> => {
  const { payload } = question;
  const kind = payload?.kind ?? "usual";
  const allowed = payload?.reviewConfigs[0]?.allowedDecisions ?? ["respond"];
  const decision =
    allowed.length === 1
      ? allowed[0]
      : await select({
          ...asking,
          message: "Your decision",
          options: [
            ...allowed.map((one) => ({ value: one, label: labelOf(kind, one) })),
            { value: LATER, label: "Leave it for later" },
          ],
        });
  if (isCancel(decision) || decision === LATER) return undefined;
  if (decision === "approve") return { type: "approve" };
  if (decision === "edit" && review.edit !== undefined) return edited(review.edit, asking);
  if (decision !== "reject") return respond(question, asking);
  if (kind === "limit" || kind === "failure") return { type: "reject", message: "" };
  const message = await words("Why? Your words go into the next attempt.", false, asking);
  return message === undefined ? undefined : { type: "reject", message };
};

/** Asks; leaving with Ctrl-C keeps the question open. */
export const promptFor = async (
  question: OpenQuestion,
  review: ReviewFiles,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<Prompted> => {
  const title = bold(questionTitle(question), terminal.ansi);
  terminal.out(`\n${title}\n\n${questionBody(question, review, layoutOf(terminal))}\n\n`);
  const answer = await decide(question, review, { signal });
  const { payload } = question;
  if (answer === undefined || payload === undefined) return answer;
  return { ...answer, hash: payload.hash };
};
