// A submission is checked where it can still be repaired: while the agent that made it is at work.
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import type { TaskContext } from "../ports/index.ts";
import {
  CITATION_TOKEN,
  type OutputKind,
  renderStatement,
  Submissions,
  submitToolFor,
} from "../protocol/index.ts";
import type { AgentDeclaration } from "./declaration.ts";
import { foundPassages, madeFiles, sqlResults } from "./references.ts";
import type { Call } from "./transcript.ts";

export type Submission<Kind extends OutputKind> = z.infer<(typeof Submissions)[Kind]>;
export type AnySubmission = {
  [Kind in OutputKind]: { kind: Kind; value: Submission<Kind> };
}[OutputKind];

/** Who submits what for which task. */
export interface Assignment {
  readonly declaration: AgentDeclaration;
  readonly context: TaskContext;
}

const list = (names: Iterable<string>): string => [...names].join(", ") || "none";

const repeated = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, at) => names.indexOf(name) !== at)),
];

const tableProblems = (
  { tables }: Submission<"tables">,
  { context }: Assignment,
  calls: readonly Call[],
): string[] => {
  const results = sqlResults(calls);
  const taken = Object.values(context.inputs).flatMap((input) => input.tables.map(({ id }) => id));
  const ids = tables.map(({ id }) => id);
  const problems = repeated(ids).map((id) => `two tables have the id ${id}`);
  for (const { id, resultId, columns } of tables) {
    if (taken.includes(id)) problems.push(`the id ${id} belongs to a table of another task`);
    const result = results.get(resultId);
    const names = columns.map(({ name }) => name);
    const wanted = result?.columns.map(({ name }) => name) ?? names;
    if (result === undefined)
      problems.push(
        `table ${id}: ${resultId} is no resultId of your sql calls (${list(results.keys())})`,
      );
    if (list([...names].sort()) !== list([...wanted].sort()))
      problems.push(`table ${id}: describe exactly the columns of the result: ${list(wanted)}`);
  }
  if (context.task.query !== undefined && ids.length > 1 && !ids.includes(context.task.id))
    problems.push(`give the table that answers the task's query the id ${context.task.id}`);
  const columns = new Set(tables.flatMap((table) => table.columns.map(({ name }) => name)));
  const missing = (context.task.expects.columns ?? []).filter((name) => !columns.has(name));
  if (missing.length > 0) problems.push(`the task expects these columns too: ${list(missing)}`);
  return problems;
};

const narrativeProblems = (
  { narrative }: Submission<"narrative">,
  { context }: Assignment,
): string[] => {
  const inputs = Object.values(context.inputs);
  const tables = inputs.flatMap((input) => input.tables);
  const passages = new Set(inputs.flatMap((input) => input.passages.map(({ id }) => id)));
  const statements = [
    ...narrative.summary,
    ...narrative.sections.flatMap((section) => section.statements),
  ];
  const tokens = statements.flatMap((statement) => renderStatement(statement, tables).unresolved);
  const cited = statements
    .flatMap((statement) => [...statement.matchAll(CITATION_TOKEN)])
    .map(([, id]) => id ?? "");
  return [
    ...tokens.map(({ token, reason }) => `${token}: ${reason}`),
    ...cited.filter((id) => !passages.has(id)).map((id) => `[[${id}]]: there is no such passage`),
    ...repeated(narrative.sections.map(({ id }) => id)).map(
      (id) => `two sections have the id ${id}`,
    ),
  ];
};

const passageProblems = ({ passageIds }: Submission<"passages">, calls: readonly Call[]) => {
  const found = foundPassages(calls);
  return passageIds
    .filter((id) => !found.has(id))
    .map((id) => `${id} is no passage that your searches returned (${list(found.keys())})`);
};

const fileProblems = (
  { files }: Submission<"files">,
  { context }: Assignment,
  calls: readonly Call[],
): string[] => {
  const made = madeFiles(calls);
  const names = files.map((sha256) => made.get(sha256)?.name);
  const missing = (context.task.expects.files ?? []).filter((name) => !names.includes(name));
  return [
    ...files
      .filter((sha256) => !made.has(sha256))
      .map((sha256) => `${sha256} is no file that your tools made (${list(made.keys())})`),
    ...missing.map((name) => `the task expects a file ${name} too`),
  ];
};

const dataProblems = (
  { data }: Submission<"data">,
  { declaration, context }: Assignment,
): string[] => {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  return [context.task.expects.schema, declaration.output_schema].flatMap((schema) => {
    if (schema === undefined) return [];
    try {
      // Ajv2020 knows one dialect only; drafts differ little in what a planner writes.
      const { $schema: _dialect, ...keywords } = schema;
      if (ajv.validate(keywords, data)) return [];
      return (ajv.errors ?? []).map((error) => `data${error.instancePath}: ${error.message ?? ""}`);
    } catch (error) {
      return [`the schema that the data must match is invalid: ${messageOf(error)}`];
    }
  });
};

/** What is wrong with a submission that has the right shape; empty when nothing is. */
export const problemsOf = (
  { kind, value }: AnySubmission,
  assignment: Assignment,
  calls: readonly Call[],
): string[] => {
  if (kind === "tables") return tableProblems(value, assignment, calls);
  if (kind === "narrative") return narrativeProblems(value, assignment);
  if (kind === "passages") return passageProblems(value, calls);
  if (kind === "files") return fileProblems(value, assignment, calls);
  return dataProblems(value, assignment);
};

/** Arguments as a submission of some kind. Throws a ZodError. */
export const parseSubmission = (kind: OutputKind, args: unknown): AnySubmission =>
  ({ kind, value: Submissions[kind].parse(args) }) as AnySubmission;

/** The submission that was accepted; when there are several the last counts. */
export const acceptedSubmission = (
  kind: OutputKind,
  calls: readonly Call[],
): AnySubmission | undefined => {
  const call = calls.findLast(({ tool, ok }) => ok && tool === submitToolFor(kind));
  return call && parseSubmission(kind, call.args);
};

/** Submissions that were sent back. */
export const rejectedSubmissions = (kind: OutputKind, calls: readonly Call[]): Call[] =>
  calls.filter(
    ({ tool, ok, answer }) => tool === submitToolFor(kind) && answer !== undefined && !ok,
  );
