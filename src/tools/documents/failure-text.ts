// A failed call as the JSON a model can react to; the protocol calls it ToolFailure.
import { TuttiError, messageOf } from "../../errors.ts";
import type { ToolFailure } from "../../protocol/index.ts";

export const failureText = (error: unknown, hint?: string): string => {
  const known = error instanceof TuttiError ? error : undefined;
  const shown = known?.hint ?? hint;
  const failure: ToolFailure = {
    error: {
      code: known?.code ?? "TOOL_FAILED",
      message: messageOf(error),
      ...(shown === undefined ? {} : { hint: shown }),
    },
  };
  return JSON.stringify(failure);
};
