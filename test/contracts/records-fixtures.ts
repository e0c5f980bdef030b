// What the suites of the records have in common: callers, new runs, endings.
import { DEFAULT_TENANT, type NewRun, type RunEnding } from "../../src/storage/index.ts";
import type { Opened } from "../storage/stores.ts";

export type Open = () => Promise<Opened>;

export const scope = { tenant: DEFAULT_TENANT };
export const other = { tenant: "acme" };

export const LEASE = 30_000;

export const newRun = (id: string, threadId: string, more: Partial<NewRun> = {}): NewRun => ({
  id,
  threadId,
  assistantId: "assistant",
  graphId: "agent",
  metadata: {},
  kwargs: { input: { text: id } },
  multitaskStrategy: "enqueue",
  priority: 0,
  availableAt: 0,
  isStateless: false,
  webhook: null,
  ifThreadMissing: "create",
  threadMetadata: {},
  ...more,
});

export const ended = (more: Partial<RunEnding> = {}): RunEnding => ({
  status: "success",
  error: null,
  thread: { status: "idle", values: { done: true }, interrupts: {}, error: null },
  ...more,
});

export const kinds = (opened: Opened): string[] => opened.signals.map(({ kind }) => kind);
