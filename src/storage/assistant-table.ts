// Assistants and their versions. Those that langgraph.json names belong to no tenant: everybody sees them.
import { sql } from "kysely";
import { codecOf } from "./columns.ts";
import { checkedMetadata, containsJson } from "./metadata-filter.ts";
import { existsAlready, noAssistant } from "./not-found.ts";
import type {
  AssistantFields,
  AssistantQuery,
  AssistantRecords,
  AssistantRow,
  AssistantSort,
  AssistantVersionRow,
  JsonObject,
  Page,
  Scope,
} from "./records.ts";
import { isVisible, tenantOf } from "./scope.ts";
import { contains, locked, type Sql } from "./sql.ts";
import { all, one, run, type Runner, type Step } from "./step.ts";
import { deleteAssistant } from "./delete-assistant.ts";
import { SYSTEM_TENANT, type Tables } from "./tables.ts";

const FIELDS = {
  graphId: "text",
  name: "text",
  description: "text",
  config: "json",
  context: "json",
  metadata: "json",
  version: "number",
  createdAt: "number",
} as const;
const codec = codecOf<Omit<AssistantRow, "tenant">>({ id: "text", updatedAt: "number", ...FIELDS });
const versionCodec = codecOf<Omit<AssistantVersionRow, "tenant" | "id">>(FIELDS);

const publicTenant = (tenant: string): string | null => (tenant === SYSTEM_TENANT ? null : tenant);
const assistantOf = (row: Tables["assistants"]): AssistantRow => ({
  tenant: publicTenant(row.tenant),
  ...codec.read(row),
});

const withoutTenant = (row: AssistantRow): Omit<AssistantRow, "tenant"> => {
  const { tenant: _, ...fields } = row;
  return fields;
};

const SORT = {
  id: "assistants.id",
  graphId: "assistants.graph_id",
  name: "assistants.name",
  createdAt: "assistants.created_at",
  updatedAt: "assistants.updated_at",
} as const satisfies Record<AssistantSort, string>;

const own = (using: Sql, scope: Scope, id: string) =>
  using.db
    .selectFrom("assistants")
    .selectAll()
    .where("assistants.tenant", "=", tenantOf(scope))
    .where("assistants.id", "=", id)
    .where(isVisible(using, scope, "assistants.metadata"));

function* lockOwn(using: Sql, scope: Scope, id: string): Step<AssistantRow> {
  const row = yield* one(locked(using, own(using, scope, id)));
  if (row === undefined) throw noAssistant(id);
  return assistantOf(row);
}

function* putVersion({ db }: Sql, row: AssistantRow, now: number): Step<void> {
  const { id, tenant, updatedAt: _, ...fields } = row;
  yield* run(
    db.insertInto("assistant_versions").values({
      ...versionCodec.write({ ...fields, createdAt: now }),
      tenant: tenant ?? SYSTEM_TENANT,
      assistant_id: id,
    }),
  );
}

function* insert(using: Sql, tenant: string, id: string, fields: AssistantFields) {
  const now = using.clock.now();
  const row: AssistantRow = {
    ...fields,
    metadata: checkedMetadata(fields.metadata),
    tenant: publicTenant(tenant),
    id,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const made = yield* run(
    using.db
      .insertInto("assistants")
      .values({
        ...codec.write(withoutTenant(row)),
        tenant,
        name_folded: fields.name.toLowerCase(),
      })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doNothing()),
  );
  if (made === 0) return undefined;
  yield* putVersion(using, row, now);
  return row;
}

/** Puts `row` in force; it has its new version already. */
function* replace({ db }: Sql, row: AssistantRow): Step<AssistantRow> {
  yield* run(
    db
      .updateTable("assistants")
      .set({ ...codec.write(withoutTenant(row)), name_folded: row.name.toLowerCase() })
      .where("tenant", "=", row.tenant ?? SYSTEM_TENANT)
      .where("id", "=", row.id),
  );
  return row;
}

function* addVersion(using: Sql, row: AssistantRow, change: Partial<AssistantFields>) {
  const newest = yield* one(
    using.db
      .selectFrom("assistant_versions")
      .select("version")
      .where("tenant", "=", row.tenant ?? SYSTEM_TENANT)
      .where("assistant_id", "=", row.id)
      .orderBy("version", "desc")
      .limit(1),
  );
  const now = using.clock.now();
  const defined = Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  ) as Partial<AssistantFields>;
  const changed: AssistantRow = {
    ...row,
    ...defined,
    version: (newest?.version ?? row.version) + 1,
    updatedAt: now,
  };
  checkedMetadata(changed.metadata);
  yield* putVersion(using, changed, now);
  return yield* replace(using, changed);
}

function* system({ db }: Sql, id: string): Step<AssistantRow | undefined> {
  const row = yield* one(
    db
      .selectFrom("assistants")
      .selectAll()
      .where("tenant", "=", SYSTEM_TENANT)
      .where("id", "=", id),
  );
  return row && assistantOf(row);
}

function* create(
  using: Sql,
  scope: Scope,
  id: string,
  fields: AssistantFields,
  ifExists: "raise" | "do_nothing",
): Step<AssistantRow> {
  const shared = yield* system(using, id);
  const made = shared === undefined ? yield* insert(using, tenantOf(scope), id, fields) : undefined;
  if (made !== undefined) return made;
  const row = yield* one(own(using, scope, id));
  const found = shared ?? (row && assistantOf(row));
  if (found === undefined || ifExists === "raise") throw existsAlready("assistant", id);
  return found;
}

const sorted = (value: unknown): unknown =>
  typeof value !== "object" || value === null
    ? value
    : Array.isArray(value)
      ? value.map(sorted)
      : Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, part]) => [key, sorted(part)]),
        );

const same = (row: AssistantRow, fields: AssistantFields): boolean => {
  const { graphId, name, description, config, context, metadata } = row;
  const stored = { graphId, name, description, config, context, metadata };
  return JSON.stringify(sorted(stored)) === JSON.stringify(sorted({ ...stored, ...fields }));
};

function* register(using: Sql, id: string, fields: AssistantFields): Step<AssistantRow> {
  const made = yield* insert(using, SYSTEM_TENANT, id, fields);
  if (made !== undefined) return made;
  const row = yield* one(
    locked(
      using,
      using.db
        .selectFrom("assistants")
        .selectAll()
        .where("tenant", "=", SYSTEM_TENANT)
        .where("id", "=", id),
    ),
  );
  if (row === undefined) throw noAssistant(id);
  const found = assistantOf(row);
  return same(found, fields) ? found : yield* addVersion(using, found, fields);
}

function* get(using: Sql, scope: Scope, idOrGraph: string): Step<AssistantRow> {
  const mine = yield* one(own(using, scope, idOrGraph));
  if (mine !== undefined) return assistantOf(mine);
  const shared = yield* one(
    using.db
      .selectFrom("assistants")
      .selectAll()
      .where("tenant", "=", SYSTEM_TENANT)
      .where((eb) => eb.or([eb("id", "=", idOrGraph), eb("graph_id", "=", idOrGraph)]))
      .orderBy((eb) => eb.case().when("id", "=", idOrGraph).then(0).else(1).end())
      .orderBy("created_at")
      .limit(1),
  );
  if (shared === undefined) throw noAssistant(idOrGraph);
  return assistantOf(shared);
}

const matching = (using: Sql, scope: Scope, wanted: AssistantQuery) => {
  let query = using.db
    .selectFrom("assistants")
    .where("assistants.tenant", "in", [tenantOf(scope), SYSTEM_TENANT])
    .where(isVisible(using, scope, "assistants.metadata"));
  if (wanted.graphId !== undefined) query = query.where("assistants.graph_id", "=", wanted.graphId);
  if (wanted.name !== undefined)
    query = query.where(contains(using, "assistants.name_folded", wanted.name.toLowerCase()));
  if (wanted.metadata !== undefined)
    query = query.where(containsJson(using, sql.ref("assistants.metadata"), wanted.metadata));
  return query;
};

function* search(
  using: Sql,
  scope: Scope,
  query: AssistantQuery,
  { limit, offset, sortBy = "createdAt", sortOrder = "desc" }: Page<AssistantSort>,
): Step<AssistantRow[]> {
  const rows = yield* all(
    matching(using, scope, query)
      .selectAll("assistants")
      .orderBy(SORT[sortBy], sortOrder)
      .orderBy("assistants.id", sortOrder)
      .limit(limit)
      .offset(offset),
  );
  return rows.map(assistantOf);
}

function* count(using: Sql, scope: Scope, query: AssistantQuery): Step<number> {
  const row = yield* one(
    matching(using, scope, query).select((eb) => eb.fn.countAll<number>().as("count")),
  );
  return row?.count ?? 0;
}

const selectVersions = ({ db }: Sql, row: AssistantRow) =>
  db
    .selectFrom("assistant_versions")
    .selectAll()
    .where("tenant", "=", row.tenant ?? SYSTEM_TENANT)
    .where("assistant_id", "=", row.id);

function* versions(
  using: Sql,
  scope: Scope,
  id: string,
  metadata: JsonObject | undefined,
  { limit, offset }: Page<never>,
): Step<AssistantVersionRow[]> {
  const row = yield* get(using, scope, id);
  let query = selectVersions(using, row);
  if (metadata !== undefined)
    query = query.where(containsJson(using, sql.ref("assistant_versions.metadata"), metadata));
  const rows = yield* all(query.orderBy("version", "desc").limit(limit).offset(offset));
  return rows.map((found) => ({ tenant: row.tenant, id: row.id, ...versionCodec.read(found) }));
}

function* setLatest(using: Sql, scope: Scope, id: string, version: number): Step<AssistantRow> {
  const row = yield* lockOwn(using, scope, id);
  const found = yield* one(selectVersions(using, row).where("version", "=", version));
  if (found === undefined) throw noAssistant(`${id} in version ${version}`);
  const { createdAt: _, ...fields } = versionCodec.read(found);
  return yield* replace(using, { ...row, ...fields, updatedAt: using.clock.now() });
}

export const createAssistantTable = (using: Sql, runner: Runner): AssistantRecords => ({
  create: (scope, id, fields, ifExists) =>
    runner.write(() => create(using, scope, id, fields, ifExists)),
  register: (id, fields) => runner.write(() => register(using, id, fields)),
  get: (scope, idOrGraph) => runner.read(() => get(using, scope, idOrGraph)),
  patch: (scope, id, change) =>
    runner.write(function* () {
      const row = yield* lockOwn(using, scope, id);
      const metadata = { ...row.metadata, ...change.metadata };
      return yield* addVersion(using, row, { ...change, metadata });
    }),
  delete: (scope, id, deleteThreads) =>
    runner.write(function* () {
      const row = yield* lockOwn(using, scope, id);
      return yield* deleteAssistant(using, tenantOf(scope), row.id, deleteThreads);
    }),
  search: (scope, query, page) => runner.read(() => search(using, scope, query, page)),
  count: (scope, query) => runner.read(() => count(using, scope, query)),
  versions: (scope, id, metadata, page) =>
    runner.read(() => versions(using, scope, id, metadata, page)),
  setLatest: (scope, id, version) => runner.write(() => setLatest(using, scope, id, version)),
});
