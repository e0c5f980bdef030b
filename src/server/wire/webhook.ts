// What a run's webhook is told: the run as the API shows it, how it ended, and the state it left.
import type { JsonObject, NewDelivery, RunEnding, RunRow } from "../../storage/index.ts";
import { wireRun } from "./run.ts";
import { isoTime } from "./time.ts";

/** One delivery a run: its id is the run's, so that a receiver can tell a repetition. */
export const webhookOf = (run: RunRow, ending: RunEnding, now: number): NewDelivery => {
  const message = ending.error?.["message"];
  const body: JsonObject = {
    ...wireRun({ ...run, status: ending.status }),
    run_started_at: isoTime(run.createdAt),
    run_ended_at: isoTime(now),
    webhook_sent_at: isoTime(now),
    values: ending.thread.values,
    ...(message === undefined ? {} : { error: message }),
  };
  return { id: run.id, tenant: run.tenant, url: run.webhook ?? "", body: JSON.stringify(body) };
};
