// Statistics, backup while running, and a change of encryption keys.
import type { RecordKind, Stats } from "../core/backend.ts";
import { CheckpointError } from "../errors.ts";
import type { Persistence } from "../open.ts";
import { createCipher } from "../serializer/cipher.ts";
import type { EncryptionKeys } from "../serializer/cipher.ts";
import { sqliteError } from "../sqlite/connect.ts";
import { allThreads } from "./threads.ts";

export const stats = ({ backend }: Persistence): Promise<Stats> => backend.stats();

/**
 * Copies a running SQLite database into a file that opens like any other. PostgreSQL has pg_dump.
 * @throws CheckpointError DATABASE
 */
export const backup = async ({ database }: Persistence, path: string): Promise<void> => {
  if (database === undefined) {
    throw new CheckpointError("DATABASE", "A PostgreSQL database is backed up with pg_dump.", {
      hint: "Run pg_dump against the same url; checkpoints need no pause for it.",
    });
  }
  try {
    await database.backup(path);
  } catch (error) {
    throw sqliteError(error);
  }
};

/**
 * Seals everything with the current key; records in the clear, or under a retired key, are read with
 * `keys`. Returns how many threads were gone through.
 */
export const rotate = async (persistence: Persistence, keys: EncryptionKeys): Promise<number> => {
  const cipher = createCipher(keys);
  const mark = Buffer.concat([
    Buffer.from([0xe5, Buffer.byteLength(keys.current)]),
    Buffer.from(keys.current),
  ]);
  const change = (bytes: Buffer, kind: RecordKind): Buffer =>
    bytes.subarray(0, mark.length).equals(mark)
      ? bytes
      : cipher.seal(cipher.open(bytes, kind), kind);
  let threads = 0;
  for await (const { tid } of allThreads(persistence)) {
    await persistence.backend.reseal(tid, change);
    threads += 1;
  }
  return threads;
};
