// What a seeded fault is: something false or broken, planted in a clean hand-over or plan, and the names
// by which a checker may call it. Written from src/protocol alone, without sight of any checker.
import { random, type Random } from "../../examples/generator/random.ts";
import type { ArtifactStore, TableSession, TaskContext } from "../../src/ports/index.ts";
import type {
  AssigneeCard,
  FindingCode,
  HandOver,
  Plan,
  ResultTable,
  TableProfile,
} from "../../src/protocol/index.ts";

export type { Random };

export type FaultKind =
  | "wrong-total"
  | "off-by-one-row"
  | "swapped-figures"
  | "wrong-label"
  | "missing-file"
  | "empty-file"
  | "unopenable-file"
  | "missing-column"
  | "renamed-column"
  | "invented-number"
  | "contradicting-number"
  | "stale-figure"
  | "wrong-period"
  | "silent-truncation"
  | "declared-truncation"
  | "wrong-unit"
  | "wrong-direction"
  | "prose-instead-of-data"
  | "nothing-done"
  | "duplicate-group"
  | "sign-flipped"
  | "percent-as-whole-number"
  | "decimal-slip"
  | "figure-lost"
  | "invented-row"
  | "changed-workbook"
  | "changed-html"
  | "changed-pdf"
  | "sql-without-result"
  | "unknown-source"
  | "unresolved-token"
  | "fake-citation"
  | "misquote"
  | "failure-as-result"
  | "plan-unknown-assignee"
  | "plan-loop"
  | "plan-missing-dependency"
  | "plan-without-check"
  | "plan-duplicate-task"
  | "plan-unknown-column";

/** A hand-over with the task it answers. The context is true and is never changed. */
export interface HandOverCase {
  readonly handOver: HandOver;
  readonly context: TaskContext;
}

/** A plan with what the planner was told. */
export interface PlanCase {
  readonly plan: Plan;
  readonly tables: readonly TableProfile[];
  readonly assignees: readonly AssigneeCard[];
}

/** What a mutation may use: changed files go into `artifacts`, changed SQL is run on `tables`. */
export interface FaultTools {
  readonly artifacts: ArtifactStore;
  readonly tables: TableSession;
}

interface FaultBase {
  /** Unique in the catalogue. */
  readonly name: string;
  readonly kind: FaultKind;
  /** A verdict must hold an error with one of these. */
  readonly expect: readonly FindingCode[];
  /** The mutated value does not parse with its zod schema, on purpose. */
  readonly breaksSchema?: true;
}

export interface HandOverFault extends FaultBase {
  readonly on: "hand-over";
  applies(clean: HandOverCase): boolean;
  /** Gets a copy it may change. Undefined: could not be planted here after all. */
  mutate(
    clean: HandOverCase,
    rng: Random,
    tools: FaultTools,
  ): Promise<HandOver | undefined> | HandOver | undefined;
}

export interface PlanFault extends FaultBase {
  readonly on: "plan";
  applies(clean: PlanCase): boolean;
  mutate(clean: PlanCase, rng: Random): Plan | undefined;
}

export type Fault = HandOverFault | PlanFault;

/**
 * The hand-over with the fault in it; the same for the same seed. Undefined when this fault cannot be
 * planted in this hand-over.
 */
export const plantInHandOver = async (
  fault: HandOverFault,
  clean: HandOverCase,
  seed: string,
  tools: FaultTools,
): Promise<HandOver | undefined> => {
  if (!fault.applies(clean)) return undefined;
  const copy = { handOver: structuredClone(clean.handOver), context: clean.context };
  return fault.mutate(copy, random(`${fault.name} ${seed}`), tools);
};

/** The plan with the fault in it, or undefined when it cannot be planted in this plan. */
export const plantInPlan = (fault: PlanFault, clean: PlanCase, seed: string): Plan | undefined =>
  fault.applies(clean)
    ? fault.mutate({ ...clean, plan: structuredClone(clean.plan) }, random(`${fault.name} ${seed}`))
    : undefined;

/** Tables that text and files may speak of: the hand-over's own and those of its inputs. */
export const tablesInSight = ({ handOver, context }: HandOverCase): ResultTable[] => [
  ...handOver.tables,
  ...Object.values(context.inputs).flatMap(({ tables }) => tables),
];
