// Answers are read at the door, before anything is saved: a bad one leaves the thread as it was.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { StateSnapshot } from "@langchain/langgraph";
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { TuttiError } from "../errors.ts";
import { readAnswer, readInterrupt } from "../governance/index.ts";
import type { Json, JsonObject, Scope, ThreadRow } from "../storage/index.ts";
import type { FencedSaver } from "./fenced-saver.ts";
import { refuseMissingPlaces } from "./find-place.ts";
import type { GraphCatalog } from "./graph-catalog.ts";
import { isResumeMap } from "./resume-once.ts";
import type { CheckedAnswers } from "./create-run-service.ts";
import type { RunCommand } from "./run-service.ts";
import { readConfig } from "./thread-config.ts";
import { threadKey } from "./thread-key.ts";

interface Open {
  readonly id: string;
  readonly value: unknown;
  readonly schema: unknown;
}

/** Until its step ends LangGraph still lists interrupts that were answered; those are left out. */
const openIn = ({ tasks }: StateSnapshot): Open[] =>
  tasks
    .filter(({ result }) => result === undefined)
    .flatMap(({ interrupts }) => interrupts)
    .flatMap((interrupt) => {
      const { id, value, response_schema } = interrupt as typeof interrupt & {
        response_schema?: unknown;
      };
      return id === undefined ? [] : [{ id, value, schema: response_schema }];
    });

/** Fresh for each form: a compiler keeps every schema it has seen, and refuses a `$id` it knows. */
const compilerOf = (): Ajv2020 =>
  new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

const checkSchema = (schema: unknown, answer: unknown): void => {
  if (typeof schema !== "object" || schema === null) return;
  const { $schema: _dialect, ...rest } = schema as Record<string, unknown>;
  const ajv = compilerOf();
  const validate = ajv.compile(rest);
  if (validate(answer)) return;
  const reasons = ajv.errorsText(validate.errors, { dataVar: "answer", separator: "; " });
  throw new TuttiError("ANSWER_INVALID", `the answer does not fit its form: ${reasons}`);
};

const readOne = ({ value, schema }: Open, raw: unknown): Json => {
  const question = readInterrupt(value);
  if (question !== undefined) return readAnswer(question, raw) as Json;
  checkSchema(schema, raw);
  return raw as Json;
};

const notOpen = (what: string): TuttiError =>
  new TuttiError("CONFLICT", what, {
    hint: "look at the thread's interrupts again: it was answered, or asked anew",
  });

/**
 * Answers by interrupt id, normalised; a bare value addresses the one open interrupt. Throws ANSWER_INVALID,
 * CONFLICT for what is not open.
 */
export const readAnswers = (snapshot: StateSnapshot, resume: Json): Json => {
  const open = openIn(snapshot);
  if (isResumeMap(resume)) {
    const answers = Object.entries(resume).map(([id, raw]): [string, Json] => {
      const asked = open.find((interrupt) => interrupt.id === id);
      if (asked === undefined) throw notOpen(`the thread does not ask ${id} (any more)`);
      return [id, readOne(asked, raw)];
    });
    return Object.fromEntries(answers);
  }
  const [only, ...others] = open;
  if (only === undefined) {
    // a pause between two steps asks nothing, and is resumed with any value
    if (snapshot.next.length > 0) return resume;
    throw notOpen("the thread asks nothing: there is no open interrupt");
  }
  if (others.length > 0)
    throw new TuttiError(
      "ANSWER_INVALID",
      `${open.length} interrupts are open: say which is answered`,
      {
        hint: 'send {"<interrupt id>": answer}',
        data: { interrupts: open.map(({ id }) => id) },
      },
    );
  return { [only.id]: readOne(only, resume) };
};

export interface CheckAnswersOptions {
  readonly catalog: Pick<GraphCatalog, "load">;
  readonly saver: FencedSaver;
}

const placeOf = ({ checkpoint, pendingWrites = [] }: CheckpointTuple): string =>
  `${checkpoint.id} ${pendingWrites.length}`;

/** Throws ANSWER_INVALID, CONFLICT, GRAPH_CHANGED. */
export const createCheckAnswers =
  ({ catalog, saver }: CheckAnswersOptions) =>
  async (
    { tenant }: Scope,
    thread: ThreadRow,
    run: { readonly graphId: string; readonly config: JsonObject; readonly command: RunCommand },
  ): Promise<CheckedAnswers> => {
    const { resume } = run.command;
    if (resume === undefined || resume === null) return { command: run.command, place: "" };
    const key = threadKey(tenant, thread.id);
    const head = await saver.getTuple({ configurable: { thread_id: key, checkpoint_ns: "" } });
    if (head === undefined) throw notOpen("the thread asks nothing: nothing has run on it");
    const deployed = await catalog.load(run.graphId, run.config);
    if (await refuseMissingPlaces(deployed, { saver, key }, head))
      return { command: run.command, place: placeOf(head) };
    const snapshot = await deployed.graph.getState(readConfig(saver, key, run.config));
    const command = { ...run.command, resume: readAnswers(snapshot, resume) };
    return { command, place: placeOf(head) };
  };
