// tutti keys create | list | revoke.
import { TuttiError } from "../../errors.ts";
import type { KeyRow, Role } from "../../storage/index.ts";
import { EXIT } from "../exit-code.ts";
import { dim } from "../format.ts";
import type { CliHost } from "../platform.ts";
import type { Keys } from "../server-host.ts";

interface KeysRequest {
  readonly data?: string;
  readonly json?: boolean;
}
export interface CreateKeyRequest extends KeysRequest {
  readonly name: string;
  readonly role?: string;
  readonly tenant?: string;
  readonly days?: number;
}

const ROLES: readonly Role[] = ["admin", "runner", "reviewer", "viewer"];

const roleOf = (text: string): Role => {
  const role = ROLES.find((one) => one === text);
  if (role !== undefined) return role;
  throw new TuttiError("USAGE", `there is no role "${text}"`, {
    hint: `there are ${ROLES.join(", ")}`,
  });
};

const tenantOf = (text: string): string => {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text)) return text;
  throw new TuttiError("USAGE", `"${text}" cannot name a tenant`, {
    hint: "small letters, digits and hyphens, at most 63 of them",
  });
};

const withKeys = async (
  host: CliHost,
  { data }: KeysRequest,
  work: (keys: Keys) => Promise<void>,
): Promise<number> => {
  const keys = await host.openKeys(data ?? host.data);
  try {
    await work(keys);
    return EXIT.finished;
  } finally {
    await keys.close();
  }
};

export const createKey = (host: CliHost, request: CreateKeyRequest): Promise<number> => {
  const { name, role = "runner", tenant = "default", days, json } = request;
  const asked = { name, role: roleOf(role), tenant: tenantOf(tenant), days };
  return withKeys(host, request, async (keys) => {
    const { key, row } = await keys.create(asked);
    const { out, ansi } = host.terminal;
    if (json === true) out(`${JSON.stringify({ key, ...shown(row) })}\n`);
    else
      out(
        `${key}\n${dim(`${row.role} of tenant ${row.tenant}; this is the only time it is shown`, ansi)}\n`,
      );
  });
};

const shown = ({ hash: _secret, ...row }: KeyRow): Omit<KeyRow, "hash"> => row;

const date = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

const stateOf = ({ revokedAt, expiresAt }: KeyRow): string => {
  if (revokedAt !== null) return `revoked ${date(revokedAt)}`;
  return expiresAt === null ? "in force" : `until ${date(expiresAt)}`;
};

const lineOf = (row: KeyRow): string => {
  const used = row.lastUsedAt === null ? "never used" : `last used ${date(row.lastUsedAt)}`;
  const columns = [row.id.slice(0, 8), `${row.prefix}…`, row.role.padEnd(8), row.tenant];
  return [...columns, stateOf(row), used, row.name].join("  ");
};

export const listKeys = (host: CliHost, request: KeysRequest): Promise<number> =>
  withKeys(host, request, async (keys) => {
    const { out } = host.terminal;
    const rows = await keys.list();
    if (rows.length === 0 && request.json !== true)
      out("No keys yet. Make one with: npx tutti keys create --name NAME --role runner\n");
    for (const row of rows)
      out(`${request.json === true ? JSON.stringify(shown(row)) : lineOf(row)}\n`);
  });

export const revokeKey = (
  host: CliHost,
  request: KeysRequest & { readonly id: string },
): Promise<number> =>
  withKeys(host, request, async (keys) => {
    await keys.revoke(request.id);
    if (request.json !== true) host.terminal.out(`Revoked ${request.id}.\n`);
  });
