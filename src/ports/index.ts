// Interfaces that two folders of the layer above share.
export type * from "./artifact-store.ts";
export type * from "./assignee.ts";
export type * from "./budget-ledger.ts";
export type * from "./caller.ts";
export type * from "./document-reader.ts";
export type * from "./fault-policy.ts";
export type * from "./http-client.ts";
export type * from "./model-meter.ts";
export type * from "./table-engine.ts";
export type * from "./task-context.ts";
