// tutti policy check | test | why.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf, TuttiError } from "../../errors.ts";
import {
  approvalRuleText,
  checkPolicies,
  compilePolicies,
  decide,
  findingText,
  type PolicyDecision,
  type PolicySet,
  readPolicyCall,
  readPolicyFolder,
  readPolicyTable,
  runPolicyTable,
} from "../../governance/index.ts";
import { TOOL_DECLARATIONS, type ToolDeclaration } from "../../protocol/index.ts";
import { EXIT } from "../exit-code.ts";
import type { CliHost } from "../platform.ts";

interface PolicyRequest {
  readonly policies?: string | undefined;
  readonly json?: boolean;
}

const filesOf = (host: CliHost, { policies }: PolicyRequest) =>
  readPolicyFolder(policies === undefined ? host.policies() : resolve(policies));

const setOf = (
  host: CliHost,
  request: PolicyRequest,
  more: readonly ToolDeclaration[] = [],
): PolicySet => compilePolicies(filesOf(host, request), [...TOOL_DECLARATIONS, ...more]);

const textOf = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new TuttiError("INPUT_UNREADABLE", `${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

/** Exit code 4 when there are errors. */
export const checkPolicy = async (
  host: CliHost,
  request: PolicyRequest & { readonly schema?: boolean },
): Promise<number> => {
  const { out } = host.terminal;
  const files = filesOf(host, request);
  const { findings, set, schema } = checkPolicies(files, TOOL_DECLARATIONS);
  if (request.schema === true) out(schema);
  for (const finding of findings)
    out(`${request.json === true ? JSON.stringify(finding) : findingText(finding)}\n`);
  const version = set?.version ?? null;
  const count = set?.size ?? 0;
  if (request.json === true) out(`${JSON.stringify({ policies: count, version })}\n`);
  else if (set !== undefined)
    out(`${count} policies in ${files.length} files are in order, version ${set.version}\n`);
  return set === undefined ? EXIT.failed : EXIT.finished;
};

/** Exit code 4 when a case is decided otherwise than expected. */
export const testPolicy = async (
  host: CliHost,
  request: PolicyRequest & { readonly file: string },
): Promise<number> => {
  const { out } = host.terminal;
  const table = readPolicyTable(textOf(request.file), request.file);
  const failed = runPolicyTable(setOf(host, request, table.tools), table);
  for (const one of failed)
    out(
      request.json === true
        ? `${JSON.stringify(one)}\n`
        : `${request.file}: case ${one.number}, ${one.name}: ${one.wrong}\n`,
    );
  const [all, wrong] = [table.cases.length, failed.length];
  out(
    request.json === true
      ? `${JSON.stringify({ cases: all, failed: wrong })}\n`
      : `${all - wrong} of ${all} cases are decided as expected\n`,
  );
  return wrong === 0 ? EXIT.finished : EXIT.failed;
};

export const explainPolicy = async (
  host: CliHost,
  request: PolicyRequest & { readonly call: string },
): Promise<number> => {
  const { call } = request;
  const asked = readPolicyCall(call.trimStart().startsWith("{") ? call : textOf(call));
  const decision = decide(setOf(host, request), asked);
  host.terminal.out(
    request.json === true ? `${JSON.stringify(decision)}\n` : explanation(decision),
  );
  return EXIT.finished;
};

const explanation = ({
  outcome,
  who,
  reasons,
  rules,
  problem,
  version,
}: PolicyDecision): string => {
  const whom = who === undefined ? "" : who === "agent" ? " to the agent" : " to the caller";
  const lines = [
    outcome === "ask" ? "ask: a person has to approve it" : `${outcome}${whom}`,
    ...(problem === undefined ? [] : [`it cannot be judged: ${problem}`]),
    ...reasons.map((id) => `  by ${id}`),
    ...(reasons.length > 0 || problem !== undefined
      ? []
      : [outcome === "ask" ? "  nothing permits it unattended" : "  nothing permits it"]),
    ...rules.map((rule) => `  approval: ${approvalRuleText(rule)}`),
    `policies: version ${version}`,
  ];
  return `${lines.join("\n")}\n`;
};
