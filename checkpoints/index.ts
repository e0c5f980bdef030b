export { payloadHash, type Claim } from "./core/answers.ts";
export type { ThreadInfo } from "./core/backend.ts";
export { TuttiSaver } from "./core/saver.ts";
export { CheckpointError, type CheckpointErrorCode } from "./errors.ts";
export { open, type OpenOptions, type Persistence } from "./open.ts";
export type { EncryptionKeys } from "./serializer/cipher.ts";
export * as care from "./care/index.ts";
export { TuttiStore, type StoreIndex, type StoreOptions } from "./store/store.ts";
export { serializer } from "./serializer/serializer.ts";
