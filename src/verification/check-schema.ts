// The first and cheapest level: has the hand-over the shape, the kind and the evidence that were due.
import { Ajv } from "ajv";
import { type Finding, HandOver } from "../protocol/index.ts";
import type { TaskContext } from "../ports/index.ts";
import { findingsOf, listed } from "./finding.ts";

const finding = findingsOf("schema");

export type Parsed =
  | { readonly ok: true; readonly handOver: HandOver }
  | { readonly ok: false; readonly findings: Finding[] };

/** A hand-over is untrusted: what does not parse is a finding. */
export const parseHandOver = (value: unknown): Parsed => {
  const parsed = HandOver.safeParse(value);
  if (parsed.success) return { ok: true, handOver: parsed.data };
  const findings = parsed.error.issues
    .slice(0, 20)
    .map(({ path, message }) =>
      finding("schema", `${path.join("/") || "the hand-over"}: ${message}`, path.join("/")),
    );
  return { ok: false, findings };
};

const hasOutput = (handOver: HandOver, kind: TaskContext["task"]["expects"]["kind"]): boolean => {
  switch (kind) {
    case "tables":
      return handOver.tables.length > 0;
    case "narrative":
      return handOver.narrative !== undefined;
    case "passages":
      return handOver.passages.length > 0;
    case "files":
      return handOver.files.length > 0;
    default:
      return handOver.data !== undefined && handOver.data !== null;
  }
};

/** Tools that only hand something in are no work. */
const worked = ({ evidence }: HandOver): boolean =>
  evidence.some(({ tool, ok }) => ok && !tool.startsWith("submit_"));

const holdsProse = (handOver: HandOver): boolean =>
  handOver.narrative !== undefined ||
  typeof handOver.data === "string" ||
  handOver.evidence.length > 0 ||
  handOver.summary.length > 160 ||
  /\d/.test(handOver.summary);

const checkOutput = (handOver: HandOver, { task }: TaskContext): Finding[] => {
  const { kind } = task.expects;
  if (handOver.status === "failed") {
    return [finding("task-failed", `task ${task.id} failed: ${handOver.summary}`, "status")];
  }
  if (!hasOutput(handOver, kind)) {
    const where = kind;
    const findings = [
      finding(
        "nothing-done",
        `task ${task.id} says done, but there are no ${kind} in its hand-over`,
        where,
      ),
    ];
    if (kind !== "narrative" && holdsProse(handOver)) {
      findings.push(
        finding(
          "prose-instead-of-data",
          `task ${task.id} hands over text where ${kind} were due: ${JSON.stringify(handOver.summary.slice(0, 120))}`,
          where,
        ),
      );
    }
    return findings;
  }
  const needsTools = kind === "tables" || kind === "passages" || kind === "files";
  return needsTools && !worked(handOver)
    ? [
        finding(
          "nothing-done",
          `task ${task.id} hands over ${kind}, but no tool call of it succeeded`,
          "evidence",
        ),
      ]
    : [];
};

const repeated = (ids: readonly string[]): string[] =>
  [...new Set(ids)].filter((id) => ids.indexOf(id) !== ids.lastIndexOf(id));

const checkIds = (handOver: HandOver, { inputs }: TaskContext): Finding[] => {
  const lists: [string, readonly string[]][] = [
    ["tables", handOver.tables.map(({ id }) => id)],
    ["passages", handOver.passages.map(({ id }) => id)],
    ["narrative", (handOver.narrative?.sections ?? []).map(({ id }) => id)],
    ["files", handOver.files.map(({ name }) => name)],
  ];
  const findings = lists.flatMap(([list, ids]) =>
    repeated(ids).map((id) =>
      finding("schema", `${list}: ${id} is there more than once`, `${list}/${id}`),
    ),
  );
  for (const [task, input] of Object.entries(inputs)) {
    const known = new Set(input.tables.map(({ id }) => id));
    for (const { id } of handOver.tables) {
      if (!known.has(id)) continue;
      findings.push(
        finding(
          "schema",
          `tables: ${id} is the name of a table of task ${task} already`,
          `tables/${id}`,
        ),
      );
    }
  }
  return findings;
};

// One instance for all: a schema is compiled once. Unknown formats and keywords are no errors.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });

const checkData = (handOver: HandOver, { task }: TaskContext): Finding[] => {
  const { schema } = task.expects;
  if (task.expects.kind !== "data" || schema === undefined || handOver.data === undefined)
    return [];
  if (typeof handOver.data === "string") {
    return [
      finding(
        "prose-instead-of-data",
        `task ${task.id} hands over text where data were due`,
        "data",
      ),
    ];
  }
  try {
    if (ajv.validate(schema, handOver.data)) return [];
  } catch (error) {
    return [
      finding(
        "schema",
        `the schema task ${task.id} is checked with is none: ${String(error)}`,
        "expects/schema",
      ),
    ];
  }
  return (ajv.errors ?? []).map(({ instancePath, message }) =>
    finding(
      "schema",
      `data${instancePath} ${message ?? "does not fit the schema"}`,
      `data${instancePath}`,
    ),
  );
};

const checkFileNames = (handOver: HandOver, { task }: TaskContext): Finding[] => {
  const names = handOver.files.map(({ name }) => name);
  return (task.expects.files ?? [])
    .filter((name) => !names.includes(name))
    .map((name) =>
      finding(
        "missing-file",
        `${name} is missing; handed over were: ${listed(names)}`,
        `files/${name}`,
      ),
    );
};

/** Kind, evidence, ids, names and the data's schema. Without the output there is nothing more to check. */
export const checkSchema = (handOver: HandOver, context: TaskContext): Finding[] => {
  const output = checkOutput(handOver, context);
  return output.length > 0
    ? output
    : [
        ...checkIds(handOver, context),
        ...checkFileNames(handOver, context),
        ...checkData(handOver, context),
      ];
};
