// Decides whether a hand-over may be taken as fact. Checks run cheapest first; what is untrusted ends
// as a finding, what is broken around it (store, sources, cancellation) as an error.
import { asTuttiError, messageOf, TuttiError } from "../errors.ts";
import type {
  ArtifactStore,
  DocumentReader,
  TableEngine,
  TableSession,
  TaskContext,
} from "../ports/index.ts";
import { Finding, type HandOver, type Verdict, verdictOf } from "../protocol/index.ts";
import { checkCitations } from "./check-citations.ts";
import { checkFiles } from "./check-files.ts";
import { checkNarrative } from "./check-narrative.ts";
import { checkTitlePeriods } from "./check-periods.ts";
import { checkRecompute } from "./check-recompute.ts";
import { checkRemarks } from "./check-remarks.ts";
import { checkSchema, parseHandOver } from "./check-schema.ts";
import { checkTableOrigins } from "./check-table-origin.ts";
import { checkTableShapes, isRectangular } from "./check-table-shape.ts";
import { ComputationCache } from "./computation-cache.ts";
import { asWarning, findingsOf, hasErrors } from "./finding.ts";

/** A check of the user's own. What it throws, unless a TuttiError, counts as a finding. */
export type Guardrail = (
  handOver: HandOver,
  context: TaskContext,
) => readonly Finding[] | Promise<readonly Finding[]>;

/** A model's opinion of a hand-over that has passed every other check. */
export type Judge = (handOver: HandOver, context: TaskContext) => Promise<readonly Finding[]>;

export interface VerifierServices {
  readonly tables: TableEngine;
  readonly artifacts: ArtifactStore;
  readonly documents: DocumentReader;
  readonly judge?: Judge;
  readonly guardrails?: Readonly<Record<string, Guardrail>>;
  /** Source rows above which figures are recomputed by SQL of the verifier's own; default 5 million. */
  readonly scanLimit?: number;
}

/** What one verifier keeps between hand-overs. */
type Cached = VerifierServices & { readonly cache: ComputationCache };

export interface Verifier {
  /**
   * Never throws for what is wrong with the hand-over. Throws TuttiError when a source, the store or a
   * document cannot be read, and CANCELLED when the context's signal is aborted.
   */
  verify(handOver: HandOver, context: TaskContext): Promise<Verdict>;
}

const schemaFinding = findingsOf("schema");
const judgeFinding = findingsOf("judge");
const guardrailFinding = findingsOf("guardrails");

class Course {
  readonly findings: Finding[] = [];
  readonly checks: string[] = [];

  add(check: string, findings: readonly Finding[]): void {
    if (!this.checks.includes(check)) this.checks.push(check);
    this.findings.push(...findings);
  }

  verdict(): Verdict {
    return verdictOf(this.findings, this.checks);
  }
}

const openTables = async (
  handOver: HandOver,
  context: TaskContext,
  { tables }: Cached,
): Promise<TableSession | undefined> => {
  const sources = context.sources.filter(({ kind }) => kind === "table");
  return handOver.tables.length === 0 || sources.length === 0
    ? undefined
    : tables.open(sources, context.signal);
};

const checkTables = async (
  course: Course,
  handOver: HandOver,
  context: TaskContext,
  services: Cached,
): Promise<void> => {
  if (handOver.tables.length === 0) return;
  const shape = checkTableShapes(handOver, context);
  course.add("schema", [
    ...shape,
    ...handOver.tables.flatMap((table) => checkTitlePeriods(table, context.goal)),
  ]);
  const session = await openTables(handOver, context, services);
  if (session === undefined) {
    course.add("schema", [
      schemaFinding(
        "unknown-source",
        "the run has no table, so none can have been computed",
        "tables",
      ),
    ]);
    return;
  }
  course.add("schema", checkTableOrigins(handOver, context, session));
  // A cell of the wrong type is compared all the same: it may be a figure in another's place.
  if (shape.some(({ code }) => code === "missing-column") || !handOver.tables.every(isRectangular))
    return;
  const { scanLimit, cache } = services;
  const { findings, checks } = await checkRecompute(handOver, context, session, {
    scanLimit,
    cache,
  });
  course.findings.push(...findings);
  for (const check of checks) course.add(check, []);
};

const runGuardrail = async (
  name: string,
  guardrail: Guardrail,
  handOver: HandOver,
  context: TaskContext,
): Promise<Finding[]> => {
  try {
    // A user's function is no more trusted than a model: what it returns is parsed.
    return Finding.array().parse(await guardrail(handOver, context));
  } catch (error) {
    if (error instanceof TuttiError) throw error;
    return [guardrailFinding("guardrail", `the guardrail ${name} failed: ${messageOf(error)}`)];
  }
};

const runJudge = async (
  course: Course,
  handOver: HandOver,
  context: TaskContext,
  { judge }: Cached,
): Promise<void> => {
  if (!context.task.checks.includes("judge")) return;
  if (judge === undefined) {
    course.add("judge", [
      asWarning(judgeFinding("judge", "the plan asks for a judge, but no model is set up as one")),
    ]);
    return;
  }
  course.add("judge", Finding.array().parse(await judge(handOver, context)));
};

const runChecks = async (
  value: HandOver,
  context: TaskContext,
  services: Cached,
): Promise<Verdict> => {
  const course = new Course();
  const parsed = parseHandOver(value);
  if (!parsed.ok) {
    course.add("schema", parsed.findings);
    return course.verdict();
  }
  const { handOver } = parsed;
  course.add("schema", checkSchema(handOver, context));
  if (course.findings.some(({ code }) => code === "task-failed" || code === "nothing-done"))
    return course.verdict();
  course.add("schema", checkRemarks(handOver, context));
  if (handOver.files.length > 0)
    course.add("files", await checkFiles(handOver, context, services.artifacts));
  await checkTables(course, handOver, context, services);
  if (handOver.narrative !== undefined) course.add("narrative", checkNarrative(handOver, context));
  if (handOver.narrative !== undefined || handOver.passages.length > 0) {
    course.add("citations", await checkCitations(handOver, context, services.documents));
  }
  if (hasErrors(course.findings)) return course.verdict();
  for (const [name, guardrail] of Object.entries(services.guardrails ?? {})) {
    course.add(`guardrail ${name}`, await runGuardrail(name, guardrail, handOver, context));
  }
  if (!hasErrors(course.findings)) await runJudge(course, handOver, context, services);
  return course.verdict();
};

export const createVerifier = (services: VerifierServices): Verifier => {
  const cached: Cached = { ...services, cache: new ComputationCache() };
  return {
    async verify(handOver, context) {
      try {
        context.signal?.throwIfAborted();
        return await runChecks(handOver, context, cached);
      } catch (error) {
        if (context.signal?.aborted === true && !(error instanceof TuttiError)) {
          throw new TuttiError("CANCELLED", "the checks were cancelled", { cause: error });
        }
        throw asTuttiError(error);
      }
    },
  };
};
