// For tests of other guards: everything is allowed, unattended.
import type { PolicyPoint } from "../../src/governance/index.ts";

export const permissive: PolicyPoint = {
  decide: () => ({ outcome: "allow", reasons: ["all"], rules: [], version: "test" }),
};
