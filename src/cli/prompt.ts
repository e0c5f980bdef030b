// Puts an open question to the person at the terminal and reads the answer.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCancel, note, select, text } from "@clack/prompts";
import { messageOf } from "../errors.ts";
import type { OpenQuestion } from "../runs/index.ts";

/** Decided: an answer for `runs/answer`; undefined: the person left the question open. */
export type Prompted = Record<string, unknown> | undefined;

const LABELS: Readonly<Record<string, string>> = {
  approve: "Approve",
  edit: "Edit, then approve",
  reject: "Reject, with a reason",
  respond: "Answer",
};

const edited = async (
  args: Record<string, unknown>,
  folder: string,
  name: string,
): Promise<Record<string, unknown> | undefined> => {
  const path = join(folder, `${name}.edit.json`);
  await writeFile(path, `${JSON.stringify(args, null, 2)}\n`);
  for (;;) {
    const ready = await text({
      message: `Edit ${path}, then press Enter`,
      defaultValue: "done",
      placeholder: "done",
    });
    if (isCancel(ready)) return undefined;
    try {
      return { type: "edit", args: JSON.parse(await readFile(path, "utf8")) as unknown };
    } catch (error) {
      note(messageOf(error), "That is not JSON yet");
    }
  }
};

/** A form's questions one by one; an empty answer takes the usual value. */
const filled = async (
  schema: Record<string, unknown> | undefined,
): Promise<Record<string, unknown> | undefined> => {
  const properties = (schema?.["properties"] ?? {}) as Record<
    string,
    { description?: string; enum?: string[] }
  >;
  const answers: Record<string, unknown> = {};
  for (const [id, { description, enum: options }] of Object.entries(properties)) {
    const message = description ?? id;
    const value =
      options === undefined
        ? await text({ message })
        : await select({ message, options: options.map((one) => ({ value: one, label: one })) });
    if (isCancel(value)) return undefined;
    if (value !== "") answers[id] = value;
  }
  return { type: "respond", value: answers };
};

const words = async (message: string): Promise<string | undefined> => {
  const answer = await text({ message });
  return isCancel(answer) ? undefined : (answer ?? "");
};

/** Asks; leaving with Ctrl-C keeps the question open. */
export const promptFor = async (
  { payload, value }: OpenQuestion,
  folder: string,
): Promise<Prompted> => {
  if (payload === undefined) {
    const answer = await words(typeof value === "string" ? value : JSON.stringify(value));
    return answer === undefined ? undefined : { type: "respond", value: answer };
  }
  const [action] = payload.actionRequests;
  const [config] = payload.reviewConfigs;
  note(action?.description ?? "", payload.questionId);
  const allowed = config?.allowedDecisions ?? [];
  const decision =
    allowed.length === 1
      ? allowed[0]
      : await select({
          message: "Your decision",
          options: allowed.map((one) => ({ value: one, label: LABELS[one] ?? one })),
        });
  if (isCancel(decision)) return undefined;
  const stamp = { hash: payload.hash };
  const decided = async (): Promise<Prompted> => {
    if (decision === "approve") return { type: "approve" };
    if (decision === "edit") return edited(action?.args ?? {}, folder, payload.questionId);
    if (decision === "reject") {
      const message = await words("Why?");
      return message === undefined ? undefined : { type: "reject", message };
    }
    if (payload.kind === "clarify") return filled(config?.argsSchema);
    const response = await words("Your answer");
    return response === undefined ? undefined : { type: "respond", value: response };
  };
  const answer = await decided();
  return answer === undefined ? undefined : { ...answer, ...stamp };
};
