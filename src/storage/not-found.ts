// The errors of records that are not there, the same for "there is none" and "not yours to see".
import { type ErrorCode, TuttiError } from "../errors.ts";

const error = (code: ErrorCode, what: string, id: string): TuttiError =>
  new TuttiError(code, `there is no ${what} ${id}`, {
    hint: "check the id; it may have been deleted",
  });

export const noAssistant = (id: string): TuttiError =>
  error("ASSISTANT_NOT_FOUND", "assistant", id);
export const noThread = (id: string): TuttiError => error("THREAD_NOT_FOUND", "thread", id);
export const noRun = (id: string): TuttiError => error("RUN_NOT_FOUND", "run", id);
export const noCron = (id: string): TuttiError => error("CRON_NOT_FOUND", "cron", id);

export const existsAlready = (what: string, id: string): TuttiError =>
  new TuttiError("ALREADY_EXISTS", `${what} ${id} exists already`, {
    hint: "use another id, or ask for if_exists: do_nothing",
  });
