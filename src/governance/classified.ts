// Innermost: what a provider throws becomes an error the other guards understand.
import type { FaultPolicy } from "../ports/index.ts";
import type { Guard } from "./guard.ts";

export const classified = (faults: FaultPolicy): Guard => ({
  name: "classified",
  async *model(call, _context, next) {
    try {
      yield* next(call);
    } catch (error) {
      throw faults.classify(error, call.model, call.signal);
    }
  },
});
