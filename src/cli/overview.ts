// A thread as text: its plan with checks and lineage, what was decided, what it cost.
import { loadHandOver, type OrchestratorValues, type TaskRecord } from "../orchestrator/index.ts";
import type { ThreadRecord } from "../storage/index.ts";
import { oneLine } from "./display-width.ts";
import { bold, dim, markOf, size, spending, withoutEcho, wordsOf } from "./format.ts";
import type { Platform } from "./platform.ts";

export type Values = Partial<OrchestratorValues>;

const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? "" : `\n${title}\n${items.map((item) => `  ${item}\n`).join("")}`;

const current = (values: Values): TaskRecord[] =>
  Object.values(values.tasks ?? {})
    .filter(({ status }) => status !== "dropped")
    .sort((a, b) => a.order - b.order);

/** Which attempts went wrong before this one, and why: the lineage of a retry. */
const rejectedLines = ({ task, rejected }: TaskRecord): string[] =>
  rejected.flatMap(({ attempt, findings }) =>
    findings.map(
      ({ code, message }) =>
        `    attempt ${attempt} rejected: ${code}: ${withoutEcho(message, task.id)}`,
    ),
  );

const taskLines = (record: TaskRecord, ansi: boolean): string[] => {
  const { task, status, checks, attempt } = record;
  const passed = status === "done" ? `checked: ${checks.join(", ")}` : wordsOf(status);
  const after = task.dependsOn.length === 0 ? "" : `, after ${task.dependsOn.join(", ")}`;
  return [
    `  ${markOf(status, ansi)} ${bold(task.id, ansi)} ${task.title}`,
    dim(
      `    ${task.assignee}, attempt ${attempt}${after}${passed === "" ? "" : `; ${passed}`}`,
      ansi,
    ),
    ...rejectedLines(record),
    // The last attempt's findings of a task that failed are among the rejected ones already.
    ...(status === "waiting" && record.question !== null
      ? [`    asks: ${oneLine(record.question.description).replaceAll("**", "")}`]
      : []),
  ];
};

export const overview = async (
  platform: Platform,
  thread: ThreadRecord,
  status: string,
  values: Values,
  ansi: boolean,
): Promise<string> => {
  const totals = await platform.budget.totals(thread.id);
  const spent = {
    inputTokens: totals.inputTokens,
    outputTokens: totals.outputTokens,
    calls: totals.settled.calls,
    costEur: totals.settled.microEur / 1e6,
  };
  const { ledger } = values;
  const plan = current(values).flatMap((record) => taskLines(record, ansi));
  return [
    `${bold(ledger?.title || thread.goal, ansi)}\n${dim(`thread ${thread.id}, ${status}`, ansi)}\n`,
    `\nGoal\n  ${thread.goal}\n`,
    plan.length === 0 ? "" : `\nPlan ${ledger?.revision ?? ""}\n${plan.join("\n")}\n`,
    list(
      "Understood as",
      (ledger?.coverage ?? []).map(({ phrase, meaning }) => `“${phrase}”: ${meaning}`),
    ),
    list("Assumptions", ledger?.assumptions ?? []),
    list("Not covered", ledger?.notCovered ?? []),
    list("Notes on the data", ledger?.dataNotes ?? []),
    list(
      "Reviews",
      (values.reviews ?? []).map(
        ({ of, decision, by, at, message }) =>
          `${of}: ${decision} by ${by}, ${at}${message === undefined ? "" : `: ${message}`}`,
      ),
    ),
    list(
      "Sources",
      (values.sources ?? []).map(
        ({ name, bytes, sha256 }) => `${name}  ${size(bytes)}  ${dim(sha256, ansi)}`,
      ),
    ),
    list(
      "Files",
      (values.artifacts ?? []).map(
        ({ name, bytes, sha256 }) => `${name}  ${size(bytes)}  ${dim(sha256, ansi)}`,
      ),
    ),
    list(
      "Failures",
      (values.failures ?? []).map(({ code, message }) => `${code}: ${message}`),
    ),
    `\nSpent\n  ${spending(spent)}\n`,
  ].join("");
};

/** One task in full: what it was told, what it handed over, the SQL and sources behind each result. */
export const taskDetail = async (platform: Platform, record: TaskRecord): Promise<string> => {
  const handOver =
    record.handOver === null ? undefined : await loadHandOver(platform.artifacts, record.handOver);
  const results = (handOver?.tables ?? []).flatMap(({ id, title, sql, sources, rowCount }) => [
    `${id}: ${title} (${rowCount} rows)`,
    ...sql.split("\n").map((line) => `  ${line}`),
    ...sources.map(({ table, sha256 }) => `  from ${table}  ${sha256}`),
  ]);
  return [
    `${record.task.id}: ${record.task.title}\n  ${record.task.instructions}\n`,
    list("Summary", handOver === undefined ? [] : [handOver.summary]),
    list("Checks", record.checks),
    list("Lineage", rejectedLines(record)),
    list("Results", results),
    list(
      "Calls",
      (handOver?.evidence ?? []).map(
        ({ tool, callId, ok, result }) =>
          `${tool} ${callId} ${ok ? "ok" : "failed"} ${result ?? ""}`,
      ),
    ),
    list("Notes", handOver?.notes ?? []),
  ].join("");
};
