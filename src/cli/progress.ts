// Shows a run as it goes: a checklist that lives on a terminal, plain lines elsewhere, JSON on request.
import type { Clock } from "../clock.ts";
import type { RunEvent, TaskStatus, Usage } from "../protocol/index.ts";
import { bold, dim, duration, fit, markOf, spending, wordsOf } from "./format.ts";
import type { Terminal } from "./platform.ts";

export interface Progress {
  show(event: RunEvent): void;
  /** Leaves the last picture standing; what is printed next comes below it. */
  stop(): void;
}

interface Line {
  title: string;
  status: TaskStatus;
  note: string;
}

interface Picture {
  title: string;
  lines: Map<string, Line>;
  spent: Usage;
  planning: boolean;
}

const noteOf = (event: Extract<RunEvent, { type: "task-status" }>): string => {
  const problem = event.findings?.find(({ severity }) => severity === "error")?.message;
  return problem ?? event.note ?? "";
};

const apply = (picture: Picture, event: RunEvent): void => {
  if (event.type === "plan-end") {
    picture.title = event.plan.title;
    picture.planning = false;
    const before = picture.lines;
    picture.lines = new Map(
      event.plan.tasks.map(({ id, title }) => [
        id,
        { title, status: before.get(id)?.status === "done" ? "done" : "pending", note: "" },
      ]),
    );
  } else if (event.type === "replan-start") picture.planning = true;
  else if (event.type === "task-status")
    picture.lines.set(event.taskId, {
      title: event.title,
      status: event.status,
      note: noteOf(event),
    });
  else if (event.type === "usage")
    picture.spent = {
      inputTokens: picture.spent.inputTokens + event.usage.inputTokens,
      outputTokens: picture.spent.outputTokens + event.usage.outputTokens,
      calls: picture.spent.calls + event.usage.calls,
      costEur: (picture.spent.costEur ?? 0) + (event.usage.costEur ?? 0),
    };
};

const emptyPicture = (): Picture => ({
  title: "",
  lines: new Map(),
  spent: { inputTokens: 0, outputTokens: 0, calls: 0, costEur: 0 },
  planning: true,
});

const draw = (picture: Picture, elapsed: number, { ansi, columns }: Terminal): string[] => {
  const tasks = [...picture.lines.values()].map(({ title, status, note }) => {
    const aside = [wordsOf(status), note].filter(Boolean).join(": ");
    return `  ${markOf(status, ansi)} ${title}${aside === "" ? "" : ` ${dim(aside, ansi)}`}`;
  });
  const head = picture.planning ? "planning …" : picture.title;
  const foot = dim(`  ${duration(elapsed)} · ${spending(picture.spent)}`, ansi);
  return [bold(head, ansi), ...tasks, foot].map((line) => fit(line, columns()));
};

const live = (terminal: Terminal, clock: Clock): Progress => {
  const started = clock.now();
  const picture = emptyPicture();
  let height = 0;
  const redraw = (): void => {
    const lines = draw(picture, clock.now() - started, terminal);
    const up = height === 0 ? "" : `\u001B[${height}A\r\u001B[J`;
    terminal.out(`${up}${lines.join("\n")}\n`);
    height = lines.length;
  };
  const timer = setInterval(redraw, 500);
  timer.unref();
  redraw();
  return {
    show: (event) => {
      apply(picture, event);
      redraw();
    },
    stop: () => {
      clearInterval(timer);
      redraw();
    },
  };
};

const planLines = (event: Extract<RunEvent, { type: "plan-end" }>): string[] => [
  `plan ${event.revision}: ${event.plan.title}`,
  ...event.plan.tasks.map(({ id, title, assignee }) => `  ${id}: ${title} (${assignee})`),
  ...event.plan.assumptions.map((text) => `  assumption: ${text}`),
  ...event.plan.notCovered.map((text) => `  not covered: ${text}`),
];

/** One line for each thing worth one; undefined for the rest. */
const plainLine = (event: RunEvent): string | undefined => {
  switch (event.type) {
    case "intake-end":
      return `files: ${event.files.join(", ") || "none"}; tables: ${event.tables.join(", ") || "none"}`;
    case "plan-end":
      return planLines(event).join("\n");
    case "task-status": {
      const tries = event.attempt > 1 ? ` (attempt ${event.attempt})` : "";
      const note = noteOf(event);
      return `${event.taskId}: ${event.status}${tries}${note === "" ? "" : `: ${note}`}`;
    }
    case "model-retry":
      return `${event.taskId}: model call failed, attempt ${event.attempt}: ${event.reason}`;
    case "replan-start":
      return `planning again: ${event.reason}`;
    case "notice":
      return `${event.level}: ${event.message}`;
    default:
      return undefined;
  }
};

const plain = (terminal: Terminal): Progress => ({
  show: (event) => {
    const line = plainLine(event);
    if (line !== undefined) terminal.out(`${line}\n`);
  },
  stop: () => undefined,
});

const json = (terminal: Terminal): Progress => ({
  show: (event) => terminal.out(`${JSON.stringify(event)}\n`),
  stop: () => undefined,
});

export const createProgress = (terminal: Terminal, clock: Clock, asJson: boolean): Progress => {
  if (asJson) return json(terminal);
  return terminal.interactive && terminal.ansi ? live(terminal, clock) : plain(terminal);
};
