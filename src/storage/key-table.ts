// API keys: only their hashes are kept.
import { codecOf } from "./columns.ts";
import type { KeyRecords, KeyRow } from "./records.ts";
import type { Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step } from "./step.ts";

const codec = codecOf<KeyRow>({
  id: "text",
  tenant: "text",
  name: "text",
  role: "text",
  hash: "text",
  prefix: "text",
  createdAt: "number",
  expiresAt: "number",
  revokedAt: "number",
  lastUsedAt: "number",
});

const TOUCH_EVERY_MS = 60_000;

const inForce = ({ db, clock }: Sql) =>
  db
    .selectFrom("api_keys")
    .selectAll()
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", clock.now())]));

function* create({ db, clock }: Sql, key: Parameters<KeyRecords["create"]>[0]): Step<KeyRow> {
  const row: KeyRow = { ...key, createdAt: clock.now(), revokedAt: null, lastUsedAt: null };
  yield* run(db.insertInto("api_keys").values(codec.write(row)));
  return row;
}

function* touch({ db, clock }: Sql, id: string): Step<void> {
  const now = clock.now();
  yield* run(
    db
      .updateTable("api_keys")
      .set({ last_used_at: now })
      .where("id", "=", id)
      .where((eb) =>
        eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<=", now - TOUCH_EVERY_MS)]),
      ),
  );
}

function* revoke({ db, clock }: Sql, id: string): Step<boolean> {
  const changed = yield* run(
    db
      .updateTable("api_keys")
      .set({ revoked_at: clock.now() })
      .where("id", "=", id)
      .where("revoked_at", "is", null),
  );
  return changed === 1;
}

export const createKeyTable = (using: Sql, runner: Runner): KeyRecords => ({
  create: (key) => runner.write(() => create(using, key)),
  findByHash: (hash) =>
    runner.read(function* () {
      const row = yield* one(inForce(using).where("hash", "=", hash));
      return row && codec.read(row);
    }),
  list: (tenant) =>
    runner.read(function* () {
      let query = using.db.selectFrom("api_keys").selectAll();
      if (tenant !== undefined) query = query.where("tenant", "=", tenant);
      const rows = yield* all(query.orderBy("created_at").orderBy("id"));
      return rows.map(codec.read);
    }),
  revoke: (id) => runner.write(() => revoke(using, id)),
  touch: (id) => runner.write(() => touch(using, id)),
  any: () =>
    runner.read(function* () {
      return (yield* one(inForce(using).limit(1))) !== undefined;
    }),
});
