// What the platform lists: threads, budgets, locks. Everything in one database, through one handle.
export { migrate } from "./migrate.ts";
export {
  openPostgresRecords,
  openSqliteRecords,
  type OpenRecords,
  type PostgresOptions,
  type PostgresRecords,
  type RecordsOptions,
} from "./open-records.ts";
export { type Owner, type Ownership, ownerOf, ownFolder, shareFolder } from "./folder-owner.ts";
export type { OsLock } from "./os-lock.ts";
export { isLocked, lockThread, type ThreadLock } from "./thread-lock.ts";
export type * from "./records.ts";
export { DEFAULT_TENANT } from "./records.ts";
export {
  createThreadRecords,
  type NewThread,
  type ThreadChange,
  type ThreadRecord,
  type ThreadRecords,
} from "./thread-records.ts";
