// Encryption at rest: AES-256-GCM with key ids, so that a key can be replaced while old records
// stay readable. Sealed bytes: 0xE5, length of the key id, key id, 12 bytes nonce, 16 bytes tag, text.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { CheckpointError } from "../errors.ts";

export interface EncryptionKeys {
  /** The id of the key that new records are sealed with. */
  readonly current: string;
  /** Keys by id, 32 bytes each. Keep retired keys here until `rotate` has re-sealed everything. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
}

/** What is done to bytes on their way to the database and back; `kind` binds a record to its table. */
export interface Cipher {
  readonly encrypts: boolean;
  seal(bytes: Buffer, kind: string): Buffer;
  open(bytes: Buffer, kind: string): Buffer;
}

const SEALED = 0xe5;

const locked = (message: string, cause?: unknown): CheckpointError =>
  new CheckpointError("CHECKPOINT_INVALID", message, {
    cause,
    hint: "Give every key that this database was ever written with, under its old id.",
  });

const openSealed = (bytes: Buffer, kind: string, keys: EncryptionKeys["keys"]): Buffer => {
  const idEnd = 2 + (bytes[1] ?? 0);
  const id = bytes.subarray(2, idEnd).toString();
  const key = Object.hasOwn(keys, id) ? keys[id] : undefined;
  if (key === undefined)
    throw locked(`A record is encrypted with key "${id}", which was not given.`);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(idEnd, idEnd + 12));
  decipher.setAAD(Buffer.from(kind));
  decipher.setAuthTag(bytes.subarray(idEnd + 12, idEnd + 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(idEnd + 28)), decipher.final()]);
  } catch (error) {
    throw locked(
      `A record encrypted with key "${id}" was changed, or the key is a different one.`,
      error,
    );
  }
};

const PLAIN_CIPHER: Cipher = {
  encrypts: false,
  seal: (bytes) => bytes,
  open: (bytes, kind) => (bytes[0] === SEALED ? openSealed(bytes, kind, {}) : bytes),
};

/**
 * A cipher for the given keys, or one that stores in the clear. Clear records stay readable after
 * keys were given, so that encryption can be turned on for an existing database.
 * @throws CheckpointError CHECKPOINT_INVALID when a key is not 32 bytes or the current one is missing.
 */
export const createCipher = (given: EncryptionKeys | undefined): Cipher => {
  if (given === undefined) return PLAIN_CIPHER;
  const { current, keys } = given;
  for (const [id, key] of Object.entries(keys)) {
    if (key.length !== 32 || id === "" || Buffer.byteLength(id) > 255) {
      throw locked(`Encryption key "${id}" must be 32 bytes long and have a name.`);
    }
  }
  const key = Object.hasOwn(keys, current) ? keys[current] : undefined;
  if (key === undefined) throw locked(`There is no encryption key "${current}".`);
  const head = Buffer.concat([
    Buffer.from([SEALED, Buffer.byteLength(current)]),
    Buffer.from(current),
  ]);
  return {
    encrypts: true,
    seal: (bytes, kind) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(Buffer.from(kind));
      const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return Buffer.concat([head, nonce, cipher.getAuthTag(), text]);
    },
    open: (bytes, kind) => (bytes[0] === SEALED ? openSealed(bytes, kind, keys) : bytes),
  };
};
