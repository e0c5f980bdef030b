// API keys: random secrets of which only the hash is kept.
import { createHash, randomBytes } from "node:crypto";

const PREFIX = "tutti_";
/** Enough to recognise a key by, too little to guess it. */
const SHOWN = PREFIX.length + 4;

/** SHA-256, hex: a secret of 256 random bits needs no slow hash. */
export const hashOfKey = (key: string): string => createHash("sha256").update(key).digest("hex");

export const newApiKey = (): { key: string; hash: string; prefix: string } => {
  const key = `${PREFIX}${randomBytes(32).toString("base64url")}`;
  return { key, hash: hashOfKey(key), prefix: key.slice(0, SHOWN) };
};

/** Whether it looks like one of ours: keys of other services come in the same headers. */
export const isApiKey = (text: string): boolean => text.startsWith(PREFIX);
