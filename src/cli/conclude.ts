// The last words of a command: how the thread stands and, where something is left to do, what to type.
import { messageOf, TuttiError } from "../errors.ts";
import { FileRef, type Usage } from "../protocol/index.ts";
import { deliver, type RunEnd } from "../runs/index.ts";
import type { Drive } from "./thread-drive.ts";
import { bold, dim, duration, errorText, shortId, shortPath, size, spending } from "./format.ts";
import {
  type Address,
  describeOpen,
  describeQuestion,
  layoutOf,
  placeFlags,
  resumeCommand,
} from "./question-text.ts";
import { clearReview, layOut } from "./review-folder.ts";

export interface Effort {
  readonly elapsed: number;
  readonly spent: Usage | undefined;
}

export const filesOf = (end: Pick<RunEnd, "values">): FileRef[] =>
  FileRef.array().catch([]).parse(end.values["artifacts"]);

const addressOf = ({ thread, place }: Drive): Address => ({
  threadId: thread.id,
  place,
});

const showCommand = ({ thread, place }: Drive): string =>
  `npx tutti show ${shortId(thread.id)}${placeFlags(place)}`;

const delivered = async (
  drive: Drive,
  files: readonly FileRef[],
  out: string,
): Promise<string[]> => {
  try {
    return await deliver(drive.platform.artifacts, files, out);
  } catch (error) {
    if (error instanceof TuttiError) throw error;
    throw new TuttiError(
      "INTERNAL",
      `the files are finished, but cannot be written to ${out}: ${messageOf(error)}`,
      {
        hint: `they are kept; take them with: ${showCommand(drive)} --out FOLDER`,
        cause: error,
      },
    );
  }
};

const finished = async (drive: Drive, end: RunEnd, effort: Effort): Promise<string> => {
  const { thread, host } = drive;
  const { ansi, movable } = host.terminal;
  const files = filesOf(end);
  const sizes = new Map(files.map(({ name, bytes }) => [name, size(bytes)]));
  // A living checklist has said at its foot what it took.
  const took =
    movable || effort.spent === undefined
      ? ""
      : dim(` (${duration(effort.elapsed)} · ${spending(effort.spent)})`, ansi);
  const paths =
    thread.out === null ? files.map(({ name }) => name) : await delivered(drive, files, thread.out);
  const lines = paths.map((path) => {
    const name = path.split(/[\\/]/).at(-1) ?? path;
    const shown = thread.out === null ? name : shortPath(path);
    return `  ${shown}  ${dim(sizes.get(name) ?? "", ansi)}\n`;
  });
  const take = thread.out === null ? `Take them with: ${showCommand(drive)} --out FOLDER\n` : "";
  return `\n${bold("Finished", ansi)}${took}\n${lines.join("")}${take}`;
};

const waiting = async (drive: Drive, end: RunEnd): Promise<string> => {
  if (drive.host.terminal.interactive) return describeOpen(addressOf(drive), end.questions.length);
  const layout = layoutOf(drive.host.terminal);
  const isOneOfSeveral = end.questions.length > 1;
  const texts = await Promise.all(
    end.questions.map(async (question) =>
      describeQuestion(
        addressOf(drive),
        question,
        await layOut(drive.platform, drive.thread.id, question),
        { ...layout, isOneOfSeveral },
      ),
    ),
  );
  return texts.join("");
};

const asJson = (drive: Drive, end: RunEnd): string =>
  `${JSON.stringify({
    type: "run-end",
    thread: drive.thread.id,
    status: end.status,
    questions: end.questions.map(({ interruptId, value }) => ({ id: interruptId, value })),
    files: filesOf(end),
    ...(end.error === undefined
      ? {}
      : { error: { code: end.error.code, message: end.error.message, hint: end.error.hint } }),
  })}\n`;

/** Delivers what is finished; says how it ended. */
export const conclude = async (drive: Drive, end: RunEnd, effort: Effort): Promise<void> => {
  const { host, platform, thread, json } = drive;
  const { terminal } = host;
  if (end.questions.length === 0) await clearReview(platform, thread.id);
  if (json) {
    if (end.status === "finished" && thread.out !== null)
      await delivered(drive, filesOf(end), thread.out);
    terminal.out(asJson(drive, end));
    return;
  }
  if (end.status === "finished") terminal.out(await finished(drive, end, effort));
  else if (end.status === "paused")
    terminal.out(`\nPaused; nothing is lost. Go on with:\n  ${resumeCommand(addressOf(drive))}\n`);
  else if (end.questions.length > 0) terminal.out(await waiting(drive, end));
  else if (end.error !== undefined) {
    terminal.err(errorText(end.error, terminal.ansi));
    terminal.out(`What was done, and why it ended: ${showCommand(drive)}\n`);
  }
};
