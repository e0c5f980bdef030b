// The picture of a run: what is known of its plan, kept up with events, and drawn as lines.
import type { OrchestratorValues } from "../orchestrator/index.ts";
import type { RunEvent, TaskStatus, Usage } from "../protocol/index.ts";
import { fit, oneLine } from "./display-width.ts";
import { bold, dim, duration, markOf, spending, withoutEcho, wordsOf, yellow } from "./format.ts";

interface Row {
  title: string;
  assignee: string;
  status: TaskStatus;
  attempt: number;
  /** The tool at work, what went wrong, or what is asked. */
  note: string;
  /** When work on it began, and how long it took; milliseconds. */
  since: number;
  took: number;
}

export interface Checklist {
  title: string;
  /** What is being done while there is no task to work on. */
  doing: string;
  readonly rows: Map<string, Row>;
  readonly notices: string[];
  spent: Usage;
}

export const emptyUsage: Usage = { inputTokens: 0, outputTokens: 0, calls: 0, costEur: 0 };

/** A checklist as a thread stands: events tell only what changes from here on. */
export const checklistOf = (values: Partial<OrchestratorValues>, spent: Usage): Checklist => {
  const records = Object.values(values.tasks ?? {})
    .filter(({ status }) => status !== "dropped")
    .sort((a, b) => a.order - b.order);
  const rows = records.map(({ task, status, attempt }): [string, Row] => [
    task.id,
    { title: task.title, assignee: task.assignee, status, attempt, note: "", since: 0, took: 0 },
  ]);
  const doing = rows.length === 0 ? "Reading the files …" : "";
  return { title: values.ledger?.title ?? "", doing, rows: new Map(rows), notices: [], spent };
};

/** The first thing that a task's event says is wrong, or its own note. */
export const noteOf = (event: Extract<RunEvent, { type: "task-status" }>): string => {
  const problem = event.findings?.find(({ severity }) => severity === "error")?.message;
  return withoutEcho(oneLine(problem ?? event.note ?? ""), event.taskId).replaceAll("**", "");
};

const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  calls: a.calls + b.calls,
  ...(a.costEur === undefined || b.costEur === undefined ? {} : { costEur: a.costEur + b.costEur }),
});

const adopt = (list: Checklist, { plan }: Extract<RunEvent, { type: "plan-end" }>): void => {
  const before = new Map(list.rows);
  list.title = plan.title;
  list.doing = "";
  list.rows.clear();
  for (const { id, title, assignee } of plan.tasks) {
    const old = before.get(id);
    const isKept = old?.status === "done" && old.title === title;
    const fresh: Row = {
      title,
      assignee,
      status: "pending",
      attempt: 1,
      note: "",
      since: 0,
      took: 0,
    };
    list.rows.set(id, isKept ? old : fresh);
  }
};

const setStatus = (
  list: Checklist,
  event: Extract<RunEvent, { type: "task-status" }>,
  now: number,
): void => {
  const old = list.rows.get(event.taskId);
  const { title, status, attempt } = event;
  const isBeginning = status === "working";
  const since = isBeginning ? now : (old?.since ?? 0) || now;
  const took = isBeginning ? 0 : now - since;
  // Why the attempt before was not accepted stays to be seen while the next is under way.
  const note = noteOf(event) || (attempt > 1 && isBeginning ? (old?.note ?? "") : "");
  list.rows.set(event.taskId, {
    title,
    assignee: old?.assignee ?? "",
    status,
    attempt,
    note,
    since,
    took,
  });
};

const setNote = (list: Checklist, taskId: string, note: string): void => {
  const row = list.rows.get(taskId);
  if (row !== undefined) row.note = note;
  else if (list.doing !== "") list.doing = note === "" ? "Planning …" : `Planning … ${note}`;
};

/** Keeps the checklist up with what happens. `now`: milliseconds of any clock. */
export const applyEvent = (list: Checklist, event: RunEvent, now: number): void => {
  switch (event.type) {
    case "intake-end":
      list.doing = "Planning …";
      break;
    case "plan-end":
      adopt(list, event);
      break;
    case "replan-start":
      list.doing = `Planning again: ${oneLine(event.reason)}`;
      break;
    case "task-status":
      setStatus(list, event, now);
      break;
    case "tool-start":
      setNote(list, event.taskId, event.tool);
      break;
    case "model-retry":
      setNote(
        list,
        event.taskId,
        `model call failed, attempt ${event.attempt}: ${oneLine(event.reason)}`,
      );
      break;
    case "usage":
      list.spent = addUsage(list.spent, event.usage);
      break;
    case "notice":
      list.notices.push(event.message);
      break;
    case "tool-end":
    case "model-delta":
      break;
  }
};

const asideOf = (row: Row, now: number): string => {
  const tries = row.attempt > 1 ? `attempt ${row.attempt}` : "";
  const parts: Readonly<Record<TaskStatus, string[]>> = {
    pending: [],
    working: [duration(now - row.since), tries, row.note || row.assignee],
    checking: [duration(now - row.since), tries, "checking"],
    retrying: [wordsOf("retrying"), row.note],
    waiting: [wordsOf("waiting"), row.note],
    done: [row.took >= 1000 ? duration(row.took) : "", tries],
    failed: [wordsOf("failed"), row.note],
    dropped: [wordsOf("dropped")],
  };
  return parts[row.status].filter(Boolean).join(" · ");
};

const SPINNER = ["◐", "◓", "◑", "◒"] as const;
const SPIN_MS = 250;

const drawRow = (row: Row, now: number, ansi: boolean, isLive: boolean): string => {
  const turning = SPINNER[Math.floor(now / SPIN_MS) % SPINNER.length] ?? "▸";
  const mark = markOf(row.status, ansi);
  const shown = isLive && row.status === "working" ? mark.replace("▸", turning) : mark;
  const aside = asideOf(row, now);
  const title = row.status === "pending" ? dim(oneLine(row.title), ansi) : oneLine(row.title);
  return `  ${shown} ${title}${aside === "" ? "" : `  ${dim(aside, ansi)}`}`;
};

// What is shown first when there is not room for all.
const PRIORITY: Readonly<Record<TaskStatus, number>> = {
  failed: 0,
  waiting: 1,
  retrying: 2,
  working: 3,
  checking: 4,
  pending: 5,
  done: 6,
  dropped: 7,
};

/** The rows there is room for, in the plan's order, and a line that counts the others. */
const visible = (rows: readonly Row[], room: number): { shown: readonly Row[]; rest: string } => {
  if (rows.length <= room) return { shown: rows, rest: "" };
  const ranked = [...rows].sort((a, b) => PRIORITY[a.status] - PRIORITY[b.status]);
  const chosen = new Set(ranked.slice(0, Math.max(1, room - 1)));
  const hidden = rows.filter((row) => !chosen.has(row));
  const done = hidden.filter(({ status }) => status === "done").length;
  const pending = hidden.filter(({ status }) => status === "pending").length;
  const other = hidden.length - done - pending;
  const rest = [
    done > 0 ? `${done} done` : "",
    other > 0 ? `${other} under way` : "",
    pending > 0 ? `${pending} to come` : "",
  ];
  return { shown: rows.filter((row) => chosen.has(row)), rest: rest.filter(Boolean).join(", ") };
};

export interface Frame {
  readonly columns: number;
  /** Lines there is room for; absent: as many as it takes, for the picture that stays. */
  readonly rows?: number;
  readonly ansi: boolean;
  readonly now: number;
  readonly elapsed: number;
  /** Said at the foot, e.g. that a pause was asked for. */
  readonly foot?: string;
}

/** The lines of the checklist, none wider than the terminal, no more than it has room for. */
export const drawChecklist = (list: Checklist, frame: Frame): string[] => {
  const { ansi, now, rows: limit } = frame;
  const head = list.doing || list.title;
  const notices = list.notices.slice(-2).map((text) => `  ${yellow(oneLine(text), ansi)}`);
  const foot = frame.foot ?? "";
  const footer = [
    `  ${dim(`${duration(frame.elapsed)} · ${spending(list.spent)}`, ansi)}`,
    ...(foot === "" ? [] : [`  ${yellow(foot, ansi)}`]),
  ];
  const room = (limit ?? Infinity) - 1 - notices.length - footer.length;
  const { shown, rest } = visible([...list.rows.values()], Math.max(1, room));
  return [
    bold(oneLine(head), ansi),
    ...shown.map((row) => drawRow(row, now, ansi, limit !== undefined)),
    ...(rest === "" ? [] : [`    ${dim(`and ${rest}`, ansi)}`]),
    ...notices,
    ...footer,
  ].map((line) => fit(line, frame.columns));
};
