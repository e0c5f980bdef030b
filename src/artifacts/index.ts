// Inputs and finished files, kept by content: in a folder, in S3-compatible storage, in PostgreSQL.
export type { FileCacheOptions } from "./file-cache.ts";
export { createLocalArtifactStore } from "./local-artifact-store.ts";
export type { LocalArtifactStoreOptions } from "./local-artifact-store.ts";
export { createPostgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./postgres-store.ts";
export { s3Origin } from "./s3-requests.ts";
export type { S3Access } from "./s3-requests.ts";
export { createS3Store } from "./s3-store.ts";
export type { S3StoreOptions } from "./s3-store.ts";
