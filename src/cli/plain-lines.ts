// Progress where nothing can be drawn over: a line for each thing worth one.
import type { Clock } from "../clock.ts";
import type { RunEvent } from "../protocol/index.ts";
import { applyEvent, type Checklist, noteOf } from "./checklist.ts";
import { oneLine } from "./display-width.ts";
import { withoutEcho } from "./format.ts";
import type { Terminal } from "./platform.ts";
import type { Progress } from "./progress.ts";

const listed = (names: readonly string[]): string => names.join(", ") || "none";

const planLines = (
  { plan, revision }: Extract<RunEvent, { type: "plan-end" }>,
  { rows }: Checklist,
): string => {
  const isKept = (id: string): boolean => rows.get(id)?.status === "done";
  const width = Math.max(...plan.tasks.map(({ id }) => id.length));
  return [
    `${revision > 1 ? `plan ${revision}` : "plan"}: ${oneLine(plan.title)}`,
    ...plan.tasks.map(
      ({ id, title, assignee }) =>
        `  ${id.padEnd(width)}  ${oneLine(title)} (${isKept(id) ? "done already" : assignee})`,
    ),
    ...plan.assumptions.map((text) => `  assumption: ${oneLine(text)}`),
    ...plan.notCovered.map((text) => `  not covered: ${oneLine(text)}`),
  ].join("\n");
};

const statusLine = (event: Extract<RunEvent, { type: "task-status" }>): string | undefined => {
  const { taskId, status, attempt } = event;
  const note = noteOf(event);
  const aside = note === "" ? "" : `: ${note}`;
  switch (status) {
    // A check takes a moment; its verdict is the news.
    case "checking":
    case "pending":
      return undefined;
    case "working":
      return `${taskId}: working${attempt > 1 ? ` (attempt ${attempt})` : ""}`;
    case "retrying":
      return `${taskId}: failed its checks, trying again${aside}`;
    case "waiting":
      return `${taskId}: waiting for a person${aside}`;
    default:
      return `${taskId}: ${status}${aside}`;
  }
};

/** `task a failed: task a failed: why` says it once. */
const reasonLine = (reason: string): string => {
  const [, taskId] = /^task ([a-z][a-z0-9-]*) failed: /.exec(reason) ?? [];
  const words = oneLine(reason);
  return taskId === undefined ? words : `${taskId} failed: ${withoutEcho(words, taskId)}`;
};

const lineOf = (event: RunEvent, list: Checklist): string | undefined => {
  switch (event.type) {
    case "intake-end":
      return `files: ${listed(event.files)}; tables: ${listed(event.tables)}`;
    case "plan-end":
      return planLines(event, list);
    case "task-status":
      return statusLine(event);
    case "model-retry":
      return `${event.taskId}: model call failed, attempt ${event.attempt}: ${oneLine(event.reason)}`;
    case "replan-start":
      return `planning again: ${reasonLine(event.reason)}`;
    case "notice":
      return `${event.level}: ${oneLine(event.message)}`;
    default:
      return undefined;
  }
};

export const plainLines = (
  terminal: Terminal,
  clock: Clock,
  list: Checklist,
  spentBefore: number,
): Progress => {
  const started = clock.now() - spentBefore;
  return {
    show: (event) => {
      applyEvent(list, event, clock.now());
      const line = lineOf(event, list);
      if (line !== undefined) terminal.out(`${line}\n`);
    },
    pausing: (message) => terminal.err(`${message}\n`),
    stop: () => undefined,
    elapsed: () => clock.now() - started,
    spent: () => list.spent,
  };
};
