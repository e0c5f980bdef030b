// The tables as queries see them, the same on both databases. Columns that are large and seldom change
// (a thread's values, a run's request) have tables of their own: a heartbeat must not rewrite them.
import type { Generated } from "kysely";
import type { ColumnsOf } from "./columns.ts";
import type {
  AssistantRow,
  AssistantVersionRow,
  CronRow,
  DeliveryRow,
  FileRow,
  KeyRow,
  RunRow,
  ThreadRow,
  ThreadStatus,
  ThreadTtl,
} from "./records.ts";

/** Of the assistants that langgraph.json names: nobody's tenant. */
export const SYSTEM_TENANT = "";

interface ThreadColumns extends ColumnsOf<Omit<ThreadRow, "values" | "ttl">> {
  /** How it stands when no run waits or works: what its last run or update said. */
  resting: Exclude<ThreadStatus, "busy">;
  /** The run that works on it. The one truth of "one run at a time", changed under the row's lock. */
  active_run: string | null;
  ttl_strategy: ThreadTtl["strategy"] | null;
  ttl_minutes: number | null;
  /** `updated_at` as it was when the thread was pruned for its age. */
  pruned_at: number | null;
  /** JSON; what only the command line knows of the thread. */
  job: string | null;
}

interface RunColumns extends ColumnsOf<Omit<RunRow, "kwargs">> {
  /** Order of creation. */
  seq: Generated<number>;
  once_key: string | null;
  /** 1: it answers the open interrupts of its thread, and nobody else may while it waits or works. */
  is_answer: number;
  ended_at: number | null;
  /** 0: its events were dropped; 1: kept for a while after its end; 2: kept longer, for who comes back. */
  log_kept: number;
}

interface BudgetEntryColumns {
  id: string;
  thread_id: string;
  state: "reserved" | "settled";
  tokens: number;
  micro_eur: number;
  calls: number;
  input_tokens: number;
  output_tokens: number;
}

export interface Tables {
  assistants: ColumnsOf<Omit<AssistantRow, "tenant">> & { tenant: string; name_folded: string };
  assistant_versions: ColumnsOf<Omit<AssistantVersionRow, "tenant" | "id">> & {
    tenant: string;
    assistant_id: string;
  };
  threads: ThreadColumns;
  /** `data`: the values, as JSON text in the order they came. */
  thread_values: { tenant: string; thread_id: string; data: string };
  runs: RunColumns;
  run_requests: { run_id: string; kwargs: string };
  run_events: { run_id: string; seq: number; event: string; data: string };
  crons: ColumnsOf<CronRow>;
  outbox: Omit<ColumnsOf<DeliveryRow>, "due_at"> & { due_at: number | null };
  api_keys: ColumnsOf<KeyRow>;
  files: ColumnsOf<FileRow>;
  budget_limits: {
    thread_id: string;
    tokens: number | null;
    micro_eur: number | null;
    calls: number | null;
  };
  budget_entries: BudgetEntryColumns;
  /** SQLite only: the counter of fencing tokens. On PostgreSQL it is a sequence. */
  counters: { name: string; value: number };
}
