// Inputs and finished files, kept by content.
export { createLocalArtifactStore } from "./local-artifact-store.ts";
export type { LocalArtifactStoreOptions } from "./local-artifact-store.ts";
