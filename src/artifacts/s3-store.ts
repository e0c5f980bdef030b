// Files in S3-compatible storage, each an object named after the hash of its content.
import { systemClock, type Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore } from "../ports/index.ts";
import { collect, isSha256, MAX_BYTES, notInStore, refTo, requireSha256 } from "./content.ts";
import { createFileCache, type FileCacheOptions } from "./file-cache.ts";
import { createS3Requests, type S3Access, s3Code, s3Error } from "./s3-requests.ts";
import { uploadObject } from "./s3-upload.ts";

export interface S3StoreOptions extends S3Access {
  /** Begins the keys; default `artifacts/`. */
  readonly prefix?: string;
  /** Where `path` puts files for readers on this machine. */
  readonly cache: FileCacheOptions;
  /** Largest content taken; default 512 MiB. */
  readonly maxBytes?: number;
  /** Larger contents are sent in parts of this size, at least 5 MiB; default 16 MiB. */
  readonly partBytes?: number;
  readonly clock?: Clock;
}

const MIB = 1024 * 1024;

/**
 * A store in a bucket. `put` sends every time: it replaces a damaged object, and costs no question.
 * Throws INPUT_TOO_LARGE over `maxBytes`; ARTIFACT_MISSING from reading; DATABASE, HTTP_FAILED and
 * HTTP_REFUSED when the storage does not do what it is asked. CONFIG_INVALID for odd options.
 */
export const createS3Store = (options: S3StoreOptions): ArtifactStore => {
  const { clock = systemClock, prefix = "artifacts/", maxBytes = MAX_BYTES } = options;
  const { partBytes = 16 * MIB } = options;
  if (!/^([\w-][\w.-]*\/)*$/.test(prefix) || partBytes < 5 * MIB)
    throw new TuttiError(
      "CONFIG_INVALID",
      "The prefix or the part size of the S3 storage is wrong.",
      {
        hint: "A prefix is plain names, each followed by a slash; a part has at least 5 MiB.",
      },
    );
  const s3 = createS3Requests(options, clock);
  const cache = createFileCache({ clock, ...options.cache });
  const keyOf = (sha256: string): string => `${prefix}${sha256.slice(0, 2)}/${sha256}`;

  async function* read(sha256: string): AsyncGenerator<Uint8Array, void, undefined> {
    const request = { method: "GET", key: keyOf(sha256), maxBytes } as const;
    const { status, body } = await s3.stream(request);
    if (status === 200) return yield* body;
    const chunks: Uint8Array[] = [];
    for await (const part of body) chunks.push(part);
    const answer = { status, body: Buffer.concat(chunks) };
    throw status === 404 && s3Code(answer.body) !== "NoSuchBucket"
      ? notInStore(sha256)
      : s3Error(answer);
  }

  return {
    async put(bytes, file) {
      const ref = refTo(bytes, file, maxBytes);
      await uploadObject(s3, { key: keyOf(ref.sha256), bytes, partBytes });
      return ref;
    },

    async get(sha256) {
      requireSha256(sha256);
      return s3.retried(() => collect(sha256, read(sha256)));
    },

    async has(sha256) {
      if (!isSha256(sha256)) return false;
      const answer = await s3.send({ method: "HEAD", key: keyOf(sha256) });
      if (answer.status === 200 || answer.status === 404) return answer.status === 200;
      throw s3Error(answer);
    },

    async path(sha256) {
      requireSha256(sha256);
      return s3.retried(() => cache.path(sha256, () => read(sha256)));
    },
  };
};
