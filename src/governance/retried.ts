// Tries a model call again while that can help. One that was read in part is not repeated.
import type { FaultPolicy } from "../ports/index.ts";
import type { Guard, ModelPart } from "./guard.ts";

export const retried = (faults: FaultPolicy): Guard => ({
  name: "retried",
  async *model(call, _context, next) {
    let reason: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const parts: ModelPart[] = [];
      try {
        const retry = reason === undefined ? {} : { retryReason: reason };
        for await (const part of next({ ...call, attempt, ...retry })) {
          parts.push(part);
          if (call.live) yield part;
        }
        // Held back until it is whole: half of a failed attempt must not become part of the answer.
        if (!call.live) yield* parts;
        return;
      } catch (thrown) {
        const error = faults.classify(thrown, call.model, call.signal);
        const used = call.live && parts.length > 0;
        const delay = used ? undefined : faults.delay(error, attempt);
        if (delay === undefined) throw faults.giveUp(error, attempt);
        reason = error.message;
        await faults.sleep(delay, call.signal);
      }
    }
  },
});
