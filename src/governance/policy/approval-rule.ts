// `@approve("2 of role:reviewer, person:ada")`: who may approve a call, and how many of them must.

export interface Approver {
  readonly kind: "role" | "person" | "key" | "anyone";
  /** Empty for anyone. */
  readonly id: string;
}
export interface ApprovalRule {
  /** How many different approvers it takes. */
  readonly count: number;
  readonly approvers: readonly Approver[];
}

const MOST = 20;

/** Undefined when the text cannot be read as a rule. */
export const parseApprovalRule = (text: string): ApprovalRule | undefined => {
  const [, number = "1", list = ""] = /^\s*(?:(\d{1,2})\s+of\s+)?(.+)$/su.exec(text) ?? [];
  const approvers = list.split(",").map((part) => approverOf(part.trim()));
  const count = Number(number);
  if (approvers.includes(undefined) || count < 1 || count > MOST) return undefined;
  const named = approvers as Approver[];
  const isPossible = named.some(({ kind }) => kind === "role" || kind === "anyone");
  return !isPossible && named.length < count ? undefined : { count, approvers: named };
};

const approverOf = (text: string): Approver | undefined => {
  if (text === "anyone") return { kind: "anyone", id: "" };
  const [, kind, id] = /^(role|person|key):(\S+)$/u.exec(text) ?? [];
  return kind === undefined || id === undefined
    ? undefined
    : { kind: kind as Approver["kind"], id };
};

/** As a person reads it: `2 of role:reviewer, person:ada`. */
export const approvalRuleText = ({ count, approvers }: ApprovalRule): string =>
  `${count} of ${approvers.map(({ kind, id }) => (kind === "anyone" ? kind : `${kind}:${id}`)).join(", ")}`;

/** True when one approval, by whoever may answer the run's questions, satisfies the rule. */
export const isAnyone = ({ count, approvers }: ApprovalRule): boolean =>
  count === 1 && approvers.some(({ kind }) => kind === "anyone");
