// One function reads every answer, whatever client it comes from. Four shapes live in the ecosystem:
// Agent Inbox `[{type, args}]`, LangChain `{decisions:[…]}`, per call `{type, …}`, and plain values.
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { Answer, Decision } from "../../protocol/index.ts";
import type { InterruptPayload } from "./interrupt-payload.ts";

const Stamp = { hash: z.string().optional(), by: z.string().optional() };
const Action = z.looseObject({ args: z.record(z.string(), z.unknown()) });
const Decided = z.looseObject({
  type: z.string(),
  message: z.string().optional(),
  args: z.unknown().optional(),
  value: z.unknown().optional(),
  editedAction: Action.optional(),
  edited_action: Action.optional(),
  ...Stamp,
});
type Decided = z.infer<typeof Decided>;

/** The names that clients give to the four decisions. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  approve: "approve",
  approved: "approve",
  accept: "approve",
  edit: "edit",
  reject: "reject",
  rejected: "reject",
  ignore: "reject",
  respond: "respond",
  response: "respond",
};

const invalid = (message: string, hint?: string): TuttiError =>
  new TuttiError("ANSWER_INVALID", message, hint === undefined ? {} : { hint });

/** Takes the one decision out of any of the shapes; what has none of them is a response. */
const decisionIn = (raw: unknown): Decided => {
  if (Array.isArray(raw) || (isObject(raw) && Array.isArray(raw["decisions"]))) {
    const list = z.array(Decided).safeParse(Array.isArray(raw) ? raw : raw["decisions"]);
    if (!list.success || list.data.length !== 1)
      throw invalid(
        `one decision is due, not ${list.success ? list.data.length : "a malformed list"}`,
      );
    const outer = isObject(raw) ? z.object(Stamp).safeParse(raw).data : undefined;
    return { ...outer, ...(list.data[0] as Decided) };
  }
  const one = Decided.safeParse(raw);
  if (one.success) return one.data;
  if (raw === true || raw === "approve" || raw === "yes") return { type: "approve" };
  if (raw === false) return { type: "reject", message: "" };
  return { type: "respond", value: raw };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const toAnswer = (type: Decision, decided: Decided): Answer => {
  if (type === "approve") return { type };
  if (type === "reject") {
    const words = decided.message ?? (typeof decided.args === "string" ? decided.args : "");
    return { type, message: words };
  }
  if (type === "respond")
    return { type, value: decided.value ?? decided.args ?? decided.message ?? null };
  const action = decided.editedAction ?? decided.edited_action;
  // Agent Inbox sends the whole edited action in args: { action, args }.
  const inbox = Action.safeParse(decided.args);
  const args = action?.args ?? (inbox.success ? inbox.data.args : decided.args);
  if (!isObject(args)) throw invalid("an edit must carry the edited arguments as an object");
  return { type, args };
};

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

const checkSchema = (schema: Record<string, unknown>, value: unknown): void => {
  const { $schema: _dialect, ...rest } = schema;
  const validate = ajv.compile(rest);
  if (validate(value)) return;
  const reasons = ajv.errorsText(validate.errors, { dataVar: "answer", separator: "; " });
  throw invalid(`the answer does not fit its form: ${reasons}`);
};

/**
 * An answer in any of the four shapes, normalised and checked against the question it is for.
 * Throws ANSWER_INVALID; nothing has been saved then.
 */
export const readAnswer = (payload: InterruptPayload, raw: unknown): Answer => {
  const decided = decisionIn(raw);
  if (decided.hash !== undefined && decided.hash !== payload.hash)
    throw invalid(
      "the answer was given to another version of this question",
      "look at the question again: it has changed since",
    );
  const type = DECISIONS[decided.type];
  const config = payload.reviewConfigs[0];
  const allowed = config?.allowedDecisions ?? [];
  if (type === undefined || !allowed.includes(type))
    throw invalid(`"${decided.type}" is not among the decisions allowed: ${allowed.join(", ")}`);
  const answer = toAnswer(type, decided);
  const schema = config?.argsSchema;
  if (schema !== undefined && answer.type === "edit") checkSchema(schema, answer.args);
  if (schema !== undefined && answer.type === "respond") checkSchema(schema, answer.value);
  return decided.by === undefined ? answer : { ...answer, by: decided.by };
};
