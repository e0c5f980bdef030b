export { CheckpointError, type CheckpointErrorCode } from "./errors.ts";
export { open, type OpenOptions, type Persistence } from "./open.ts";
