// What a person is to decide on, as files that can be opened: the finished files before they are
// published, the arguments that may be edited. Kept in the data folder until the question is answered.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileRef } from "../protocol/index.ts";
import { deliver, type OpenQuestion } from "../runs/index.ts";
import { shortId } from "./format.ts";
import type { Platform } from "./platform.ts";

export interface ReviewFiles {
  /** Copies of the files that wait to be approved. */
  readonly files: readonly string[];
  /** A JSON file with what would run: edit it and give it back. */
  readonly edit?: string;
}

const folderOf = (platform: Platform, threadId: string): string =>
  join(platform.data, "review", shortId(threadId));

/** Puts the files of a question where they can be looked at. */
export const layOut = async (
  platform: Platform,
  threadId: string,
  { payload }: OpenQuestion,
): Promise<ReviewFiles> => {
  const folder = folderOf(platform, threadId);
  const [action] = payload?.actionRequests ?? [];
  const given = FileRef.array().safeParse(action?.args["files"]);
  const files = given.success ? await deliver(platform.artifacts, given.data, folder) : [];
  const isEditable = payload?.reviewConfigs[0]?.allowedDecisions.includes("edit") ?? false;
  if (action === undefined || !isEditable) return { files };
  await mkdir(folder, { recursive: true });
  // The hash tells this version of the question from the one before; what was edited is not lost.
  const edit = join(
    folder,
    `${payload?.questionId ?? "question"}-${payload?.hash.slice(0, 8)}.json`,
  );
  await writeFile(edit, `${JSON.stringify(action.args, null, 2)}\n`, { flag: "wx" }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    },
  );
  return { files, edit };
};

/** Takes away what was laid out: the thread has gone on. */
export const clearReview = (platform: Platform, threadId: string): Promise<void> =>
  rm(folderOf(platform, threadId), { recursive: true, force: true });
