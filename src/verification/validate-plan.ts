// Whether a plan can run, before it runs. A plan is untrusted: a model or a person wrote it.
import {
  type AssigneeCard,
  type Finding,
  Plan,
  type TableProfile,
  type Task,
} from "../protocol/index.ts";
import { didYouMean, findingsOf, listed } from "./finding.ts";
import { requiredCheck } from "./required-check.ts";
import { queryColumns, validateQuery } from "./validate-query.ts";

const finding = findingsOf("plan");

export interface PlanSurroundings {
  readonly assignees: readonly AssigneeCard[];
  readonly tables: readonly TableProfile[];
}

/** Tasks a task depends on, directly or not. Survives cycles. */
const ancestors = (task: Task, byId: ReadonlyMap<string, Task>): Task[] => {
  const seen = new Set<Task>();
  const visit = (each: Task): void => {
    for (const id of each.dependsOn) {
      const next = byId.get(id);
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(task);
  return [...seen];
};

const checkIds = (tasks: readonly Task[]): Finding[] =>
  [...Map.groupBy(tasks, ({ id }) => id)].flatMap(([id, same]) =>
    same.length === 1
      ? []
      : [
          finding(
            "duplicate-task",
            `${same.length} tasks are called ${id}: ${listed(same.map(({ title }) => title))}`,
            `tasks/${id}`,
          ),
        ],
  );

const checkAssignee = (task: Task, assignees: readonly AssigneeCard[]): Finding[] => {
  const names = assignees.map(({ name }) => name);
  const where = `tasks/${task.id}/assignee`;
  const card = assignees.find(({ name }) => name === task.assignee);
  if (card === undefined) {
    const known = didYouMean(task.assignee, names);
    return [
      finding(
        "unknown-assignee",
        `task ${task.id} is given to ${task.assignee}, who is not there; ${known}`,
        where,
      ),
    ];
  }
  if (card.produces === task.expects.kind) return [];
  const able = assignees.filter(({ produces }) => produces === task.expects.kind);
  return [
    finding(
      "unknown-assignee",
      `task ${task.id} expects ${task.expects.kind}, but ${card.name} produces ${card.produces}; ${task.expects.kind} come from: ${listed(able.map(({ name }) => name))}`,
      where,
    ),
  ];
};

const checkDependencies = (task: Task, ids: readonly string[]): Finding[] =>
  task.dependsOn
    .filter((id) => !ids.includes(id))
    .map((id) =>
      finding(
        "unknown-dependency",
        `task ${task.id} depends on ${id}, which is no task; ${didYouMean(
          id,
          ids.filter((other) => other !== task.id),
        )}`,
        `tasks/${task.id}/dependsOn`,
      ),
    );

/** Every cycle once, named from its first task in the plan: `a -> b -> a`. */
const checkCycles = (tasks: readonly Task[], byId: ReadonlyMap<string, Task>): Finding[] => {
  const finished = new Set<string>();
  const findings: Finding[] = [];
  const visit = (id: string, path: readonly string[]): void => {
    const at = path.indexOf(id);
    if (at >= 0) {
      const cycle = [...path.slice(at), id].join(" -> ");
      findings.push(
        finding("dependency-cycle", `tasks wait for each other: ${cycle}`, `tasks/${id}/dependsOn`),
      );
      return;
    }
    if (finished.has(id)) return;
    for (const next of byId.get(id)?.dependsOn ?? []) {
      if (byId.has(next)) visit(next, [...path, id]);
    }
    finished.add(id);
  };
  for (const { id } of tasks) visit(id, []);
  return findings;
};

const checkExpectation = (task: Task): Finding[] => {
  const { kind, files } = task.expects;
  const where = `tasks/${task.id}`;
  const findings: Finding[] = [];
  const required = requiredCheck(kind);
  if (!task.checks.includes(required)) {
    findings.push(
      finding(
        "missing-check",
        `task ${task.id} yields ${kind} without the check ${required}; it has: ${listed(task.checks)}`,
        `${where}/checks`,
      ),
    );
  }
  if (kind === "files" && (files ?? []).length === 0) {
    findings.push(
      finding(
        "missing-check",
        `task ${task.id} does not say which files it expects`,
        `${where}/expects/files`,
      ),
    );
  }
  return findings;
};

/** A check that has nothing to work on would pass whatever the task hands over. */
const checkPossible = (
  task: Task,
  tables: readonly TableProfile[],
  inputs: readonly Task[],
): Finding[] => {
  const { kind } = task.expects;
  const reasons: [Task["checks"][number], string][] = [];
  if (kind !== "tables") reasons.push(["recompute", `it yields ${kind}, not tables`]);
  else if (tables.length === 0) reasons.push(["recompute", "no table is loaded"]);
  if (kind !== "narrative") reasons.push(["narrative", `it yields ${kind}, no narrative`]);
  if (kind !== "files") reasons.push(["files", `it yields ${kind}, no files`]);
  const hasPassages =
    kind === "passages" || inputs.some(({ expects }) => expects.kind === "passages");
  if (kind !== "passages" && kind !== "narrative")
    reasons.push(["citations", `it yields ${kind}, which cite nothing`]);
  else if (!hasPassages) reasons.push(["citations", "no task it depends on yields passages"]);
  return reasons
    .filter(([check]) => task.checks.includes(check))
    .map(([check, reason]) =>
      finding(
        "missing-check",
        `task ${task.id} asks for the check ${check}, which is impossible: ${reason}`,
        `tasks/${task.id}/checks`,
      ),
    );
};

const checkNarrativeInputs = (task: Task, inputs: readonly Task[]): Finding[] => {
  if (task.expects.kind !== "narrative") return [];
  const kinds = inputs.map(({ expects }) => expects.kind);
  if (kinds.includes("passages") && !task.checks.includes("citations")) {
    return [
      finding(
        "missing-check",
        `task ${task.id} writes from passages without the check citations`,
        `tasks/${task.id}/checks`,
      ),
    ];
  }
  if (kinds.includes("tables") || kinds.includes("passages")) return [];
  return [
    finding(
      "unknown-dependency",
      `task ${task.id} writes a narrative but depends on no task that yields tables or passages; it depends on: ${listed(task.dependsOn)}`,
      `tasks/${task.id}/dependsOn`,
    ),
  ];
};

const checkQuery = (task: Task, tables: readonly TableProfile[]): Finding[] => {
  if (task.query === undefined) return [];
  const where = `tasks/${task.id}/query`;
  if (task.expects.kind !== "tables") {
    return [
      finding(
        "schema",
        `task ${task.id} has a query but expects ${task.expects.kind}, not tables`,
        where,
      ),
    ];
  }
  const columns = queryColumns(task.query);
  const missing = (task.expects.columns ?? []).filter((name) => !columns.includes(name));
  return [
    ...validateQuery(task.query, tables, task.id),
    ...missing.map((name) =>
      finding(
        "missing-column",
        `task ${task.id} expects the column ${name}, which its query does not yield; ${didYouMean(name, columns)}`,
        `tasks/${task.id}/expects/columns`,
      ),
    ),
  ];
};

const checkDeliverable = (
  tasks: readonly Task[],
  assignees: readonly AssigneeCard[],
): Finding[] => {
  const able = assignees.filter(({ produces }) => produces === "files");
  if (able.length === 0 || tasks.some(({ expects }) => expects.kind === "files")) return [];
  return [
    finding(
      "missing-file",
      `no task yields a file; files come from: ${listed(able.map(({ name }) => name))}`,
      "tasks",
    ),
  ];
};

/** Everything that would keep a plan from running or from being checked. Empty: it can run. */
export const validatePlan = (plan: Plan, { assignees, tables }: PlanSurroundings): Finding[] => {
  const parsed = Plan.safeParse(plan);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) =>
      finding("schema", `the plan's ${path.join("/") || "shape"}: ${message}`, path.join("/")),
    );
  }
  const { tasks } = parsed.data;
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return [
    ...checkIds(tasks),
    ...tasks.flatMap((task) => {
      const inputs = ancestors(task, byId);
      return [
        ...checkAssignee(task, assignees),
        ...checkDependencies(task, [...byId.keys()]),
        ...checkExpectation(task),
        ...checkPossible(task, tables, inputs),
        ...checkNarrativeInputs(task, inputs),
        ...checkQuery(task, tables),
      ];
    }),
    ...checkCycles(tasks, byId),
    ...checkDeliverable(tasks, assignees),
  ];
};
