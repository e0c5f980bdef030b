// What policy is asked, and what it answers.
import type { Caller } from "../../ports/index.ts";
import type { ApprovalRule } from "./approval-rule.ts";

export const ACTIONS = ["call", "callUnattended", "read", "approve"] as const;
export type Action = (typeof ACTIONS)[number];

export const RESOURCE_KINDS = ["Tool", "Model", "Graph", "Thread", "File", "Memory"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** What each action can be done to. */
export const RESOURCES: Readonly<Record<Action, readonly ResourceKind[]>> = {
  call: ["Tool", "Model", "Graph"],
  callUnattended: ["Tool", "Model", "Graph"],
  read: ["Graph", "Thread", "File", "Memory"],
  approve: ["Tool", "Graph", "Thread"],
};

export interface PolicyRequest {
  /** On whose behalf. Nobody: denied. */
  readonly caller: Caller | undefined;
  /** The agent that acts for the caller; it must be allowed too. */
  readonly agent?: string | undefined;
  /** `call` asks two questions: may it be done, and may it be done with nobody looking? */
  readonly action: Action;
  readonly resource: { readonly kind: ResourceKind; readonly id: string; readonly tenant?: string };
  /** Of a tool's call, as the model gave them. */
  readonly arguments?: unknown;
  /** What the run has cost so far, in euro cents, rounded up. */
  readonly costCents: number;
  /** Labels of what the run has read. */
  readonly taint: readonly string[];
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface PolicyDecision {
  /** `ask`: permitted, but only with a person's approval. */
  readonly outcome: "allow" | "ask" | "deny";
  /** Ids of the policies that decided; none when nothing permits it. */
  readonly reasons: readonly string[];
  /** Who may approve; all of them must be satisfied. Empty: whoever may answer the run's questions. */
  readonly rules: readonly ApprovalRule[];
  /** Who was refused, or has to be looked after: the caller or the agent. */
  readonly who?: "caller" | "agent";
  /** Why it could not be judged; then it is denied. */
  readonly problem?: string;
  /** The arguments do not fit the tool's schema: the tool would not have run either. */
  readonly isMalformed?: true;
  /** Version of the policies that decided. */
  readonly version: string;
}
