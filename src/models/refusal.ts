// How models say no: each provider marks a refusal or a filtered answer in a field of its own.
import type { BaseMessage } from "@langchain/core/messages";
import { TuttiError } from "../errors.ts";

const FILTERED = new Set([
  "content_filter",
  "refusal",
  "SAFETY",
  "PROHIBITED_CONTENT",
  "BLOCKLIST",
]);
const CUT_SHORT = new Set(["length", "max_tokens", "MAX_TOKENS"]);

/** An error factory (given the model's name) when the answer is a refusal, else undefined. */
export const refusedAnswer = (
  message: BaseMessage,
  finish: unknown = finishReasonOf(message),
): ((model: string) => TuttiError) | undefined => {
  const said = message.additional_kwargs["refusal"];
  if (typeof said === "string" && said !== "") return (model) => refused(model, "refusal", said);
  if (typeof finish === "string" && FILTERED.has(finish)) {
    return (model) => refused(model, "content-filter", `its filter ended the answer (${finish})`);
  }
  return undefined;
};

/** True when the answer ended because it reached the bound on its length. */
export const wasCutShort = (message: BaseMessage): boolean =>
  CUT_SHORT.has(String(finishReasonOf(message)));

const finishReasonOf = (message: BaseMessage): unknown => {
  const metadata: Record<string, unknown> = message.response_metadata;
  return (
    metadata["finish_reason"] ??
    metadata["finishReason"] ??
    metadata["stop_reason"] ??
    metadata["done_reason"] ??
    message.additional_kwargs["stop_reason"]
  );
};

const refused = (model: string, cause: string, said: string): TuttiError =>
  new TuttiError("MODEL_REFUSED", `${model} declined: ${said.slice(0, 300)}`, {
    hint: "Rephrase the goal, leave out what the model may object to, or choose another model.",
    data: { cause, transient: false, spent: "unknown" },
  });
