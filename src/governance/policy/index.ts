// What may be called, and by whom: policies in Cedar, read from a folder.
export { approvalRuleText, isAnyone } from "./approval-rule.ts";
export { callerOf } from "./caller.ts";
export { decide } from "./decide.ts";
export { openPolicyFolder, readPolicyFolder } from "./policy-folder.ts";
export type { PolicyFolder, PolicyFolderOptions, PolicyPoint } from "./policy-folder.ts";
export type { PolicyDecision, PolicyRequest } from "./policy-request.ts";
export { checkPolicies, compilePolicies } from "./policy-set.ts";
export type { PolicyCheck, PolicySet } from "./policy-set.ts";
export { readPolicyCall, readPolicyTable, runPolicyTable } from "./policy-table.ts";
export type { PolicyCase, PolicyTable } from "./policy-table.ts";
export { findingText } from "./read-policies.ts";
export type { PolicyFile, PolicyFinding } from "./read-policies.ts";
