// What the platform lists: threads, budgets, locks. Everything in one database, through one handle.
export { migrate } from "./migrate.ts";
export { createSqliteBudgetLedger } from "./sqlite-budget-ledger.ts";
export { isLocked, lockThread, type ThreadLock } from "./thread-lock.ts";
export {
  createThreadRecords,
  type ThreadRecord,
  type ThreadRecords,
  type ThreadStatus,
} from "./thread-records.ts";
