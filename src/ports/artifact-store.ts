// The content-addressed store, as tools, checks and the orchestrator see it.
import type { FileRef } from "../protocol/index.ts";

export interface ArtifactStore {
  /** Durable when it returns: written, fsynced, renamed. The same bytes are stored once. */
  put(bytes: Uint8Array, file: { name: string; mime: string }): Promise<FileRef>;
  /** Throws ARTIFACT_MISSING when the content is gone or does not match its hash. */
  get(sha256: string): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
  /** A path on this machine that readers such as DuckDB can open; the file must not be changed. */
  path(sha256: string): Promise<string>;
}
