// Reserves before each attempt what it may cost at most, and settles after it what it did cost.
import { randomUUID } from "node:crypto";
import { TuttiError } from "../errors.ts";
import type { Amounts, BudgetLedger, LimitName, ModelMeter, TokenUsage } from "../ports/index.ts";
import { createCallsInFlight, type CallsInFlight } from "./calls-in-flight.ts";
import type { CallContext, Guard, ModelCall, ModelPart } from "./guard.ts";
import { answerOfParts, usageOfParts } from "./model-usage.ts";
import {
  decideReservation,
  type ReservationDecision,
  type ReservationRequest,
} from "./reservation.ts";

export interface BudgetOptions {
  readonly ledger: BudgetLedger;
  readonly meter: ModelMeter;
  /** Tokens an answer may have when there is room; default 8192. */
  readonly maxOutputTokens?: number;
  /** Fewer than this are not worth a call; default 256. */
  readonly leastOutputTokens?: number;
}

interface Grant {
  readonly id: string;
  readonly promptTokens: number;
  readonly amounts: Required<Amounts>;
  readonly maxTokens?: number;
}
type Spent = Required<Amounts> & { inputTokens: number; outputTokens: number };

/** Throws LIMIT_REACHED with `data: { limit, left, spent }`, before anything is sent. */
export const budgeted = (options: BudgetOptions): Guard => {
  const inFlight = createCallsInFlight();
  return {
    name: "budgeted",
    async *model(call, context, next) {
      const grant = await reserve(call, context, options, inFlight);
      const { maxTokens } = grant;
      const model =
        maxTokens === undefined ? call.model : options.meter.capOutput(call.model, maxTokens);
      const parts: ModelPart[] = [];
      // A caller who stops reading leaves it at that: the provider may have gone on.
      let end: CallEnd = { kind: "cut" };
      try {
        for await (const part of next({ ...call, model })) {
          parts.push(part);
          yield part;
        }
        end = { kind: "complete", parts };
      } catch (error) {
        if (error instanceof TuttiError && error.data["spent"] === "nothing") {
          end = { kind: "nothing" };
        }
        throw error;
      } finally {
        await settle(grant, spentOf(call, grant, end, options.meter), context, options, inFlight);
      }
    },
  };
};

/** Reserves as soon as there is room; waits only for calls of this process that will give some back. */
const reserve = async (
  call: ModelCall,
  { rootThread }: CallContext,
  options: BudgetOptions,
  inFlight: CallsInFlight,
): Promise<Grant> => {
  const { ledger } = options;
  for (;;) {
    const version = inFlight.version(rootThread);
    const request = await requestFor(call, rootThread, options);
    const decision = decideReservation(request);
    if (decision.kind === "reserve") {
      const grant = await take(rootThread, request.promptTokens, decision, ledger, inFlight);
      if (grant !== undefined) return grant;
      continue; // another call, here or in another process, was faster: look again at what is left
    }
    if (inFlight.version(rootThread) !== version) continue;
    const onlyReserved = decideReservation({
      ...request,
      totals: { ...request.totals, reserved: { tokens: 0, microEur: 0, calls: 0 } },
    });
    if (onlyReserved.kind === "refuse" || inFlight.count(rootThread) === 0) {
      throw limitReached(decision, request.limits);
    }
    await inFlight.endedSince(rootThread, version, call.signal);
  }
};

const requestFor = async (
  call: ModelCall,
  rootThread: string,
  { ledger, meter, maxOutputTokens = 8192, leastOutputTokens = 256 }: BudgetOptions,
): Promise<ReservationRequest> => {
  const promptTokens = meter.estimateTokens(call.messages, call.options["tools"]);
  const [limits, totals] = await Promise.all([
    ledger.limits(rootThread),
    ledger.totals(rootThread),
  ]);
  return {
    limits,
    totals,
    promptTokens,
    wantedOutput: maxOutputTokens,
    leastOutput: leastOutputTokens,
    cost: (outputTokens) =>
      meter.cost(call.model, { inputTokens: promptTokens, outputTokens }).microEur,
  };
};

/** Undefined when the ledger, which alone decides, says no. */
const take = async (
  rootThread: string,
  promptTokens: number,
  { amounts, maxTokens }: ReservationDecision & { kind: "reserve" },
  ledger: BudgetLedger,
  inFlight: CallsInFlight,
): Promise<Grant | undefined> => {
  const id = randomUUID();
  inFlight.begin(rootThread);
  let granted = false;
  try {
    granted = (await ledger.reserve(rootThread, id, amounts)).ok;
  } finally {
    if (!granted) inFlight.end(rootThread);
  }
  if (!granted) return undefined;
  return { id, promptTokens, amounts, ...(maxTokens === undefined ? {} : { maxTokens }) };
};

type CallEnd =
  | { readonly kind: "complete"; readonly parts: readonly ModelPart[] }
  | { readonly kind: "cut" }
  | { readonly kind: "nothing" };

/** What is booked for a call: what the model says, else what it can have been at most. */
const spentOf = (call: ModelCall, grant: Grant, end: CallEnd, meter: ModelMeter): Spent => {
  if (end.kind === "nothing") {
    return { tokens: 0, microEur: 0, calls: 1, inputTokens: 0, outputTokens: 0 };
  }
  const { promptTokens, amounts } = grant;
  if (end.kind === "cut") {
    const outputTokens = amounts.tokens - promptTokens;
    return { ...amounts, inputTokens: promptTokens, outputTokens };
  }
  const used: TokenUsage = usageOfParts(end.parts) ?? {
    inputTokens: promptTokens,
    outputTokens: Math.min(
      meter.estimateTokens(answerOfParts(end.parts)),
      grant.maxTokens ?? Number.POSITIVE_INFINITY,
    ),
  };
  const { inputTokens, outputTokens } = used;
  const { microEur } = meter.cost(call.model, used);
  return { tokens: inputTokens + outputTokens, microEur, calls: 1, inputTokens, outputTokens };
};

const settle = async (
  grant: Grant,
  spent: Spent,
  { rootThread }: CallContext,
  { ledger }: BudgetOptions,
  inFlight: CallsInFlight,
): Promise<void> => {
  try {
    await ledger.settle(grant.id, spent);
  } finally {
    inFlight.end(rootThread);
  }
};

const limitReached = (
  { limit, left, spent }: { limit: LimitName; left: number; spent: number },
  limits: Amounts,
): TuttiError =>
  new TuttiError(
    "LIMIT_REACHED",
    `The budget of ${inWords(limit, limits[limit] ?? 0)} is used up: ${inWords(limit, spent)} spent, ` +
      `${inWords(limit, left)} left, not enough for the next model call.`,
    {
      hint: "Resume with a higher --budget to go on from here.",
      data: { limit, left, spent, budget: limits[limit] },
    },
  );

const inWords = (limit: LimitName, amount: number): string => {
  if (limit === "microEur") return `${(amount / 1e6).toFixed(amount % 10_000 === 0 ? 2 : 4)} EUR`;
  return `${amount.toLocaleString("en")} ${limit === "calls" ? "model calls" : "tokens"}`;
};
