// Threads as families: a root and its children `<root>/…` are copied, swept and deleted together.
import { checkId } from "../core/ids.ts";
import { CheckpointError } from "../errors.ts";
import type { Persistence } from "../open.ts";

const PAGE = 500;

/** Every thread of the database, in order of name. */
export async function* allThreads({
  backend,
}: Persistence): AsyncGenerator<{ tid: number; thread: string }> {
  let after = "";
  for (;;) {
    const page = await backend.threads(after, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.thread ?? "";
  }
}

/** The thread and its children. */
export const familyOf = async (
  { backend }: Persistence,
  thread: string,
): Promise<{ tid: number; thread: string }[]> => {
  const own = (await backend.threads("", 1, thread)).filter(({ thread: name }) => name === thread);
  const family = [...own];
  let after = `${thread}/`;
  for (;;) {
    const page = await backend.threads(after, PAGE, `${thread}/`);
    family.push(...page);
    if (page.length < PAGE) return family;
    after = page.at(-1)?.thread ?? "";
  }
};

/**
 * Copies a thread with its history and its children, all or nothing.
 * @throws CheckpointError CHECKPOINT_CONFLICT when there is a thread `to`, or none `from`.
 */
export const copyThread = async (
  persistence: Persistence,
  from: string,
  to: string,
): Promise<void> => {
  checkId("thread_id", to);
  const family = await familyOf(persistence, from);
  if (family.every(({ thread }) => thread !== from)) {
    throw new CheckpointError("CHECKPOINT_CONFLICT", `Thread ${from} does not exist.`);
  }
  await persistence.backend.copyThreads(
    family.map(({ thread }) => [thread, to + thread.slice(from.length)] as const),
  );
};

/**
 * Deletes threads and store items whose time to live is over, and what earlier deletions left behind,
 * in small batches. Returns what was deleted.
 */
export const sweep = async (
  persistence: Persistence,
  now: Date = new Date(),
): Promise<{ threads: number; items: number }> => {
  const { backend, saver, store } = persistence;
  let threads = 0;
  await backend.emptyTrash();
  for (;;) {
    const expired = await backend.expired(now, 50);
    for (const thread of expired) await saver.deleteThread(thread);
    threads += expired.length;
    if (expired.length < 50) break;
  }
  return { threads, items: await store.sweep() };
};
