// The tables of the platform's records, in one text for both databases. `$id`, `$text`, `$json` … are
// replaced by each database's words for them. Never edit what was released: add a migration.

/** Records of the server: everything that src/storage/records.ts speaks of. */
export const RECORDS_SCHEMA = `
  CREATE TABLE assistants (
    tenant $text NOT NULL,
    id $text NOT NULL,
    graph_id $text NOT NULL,
    name $text NOT NULL,
    name_folded $text NOT NULL,
    description $text,
    config $text NOT NULL,
    context $text,
    metadata $json NOT NULL,
    version $int NOT NULL,
    created_at $int NOT NULL,
    updated_at $int NOT NULL,
    PRIMARY KEY (tenant, id)
  ) $strict;
  CREATE INDEX assistants_by_graph ON assistants (tenant, graph_id);

  CREATE TABLE assistant_versions (
    tenant $text NOT NULL,
    assistant_id $text NOT NULL,
    version $int NOT NULL,
    graph_id $text NOT NULL,
    name $text NOT NULL,
    description $text,
    config $text NOT NULL,
    context $text,
    metadata $json NOT NULL,
    created_at $int NOT NULL,
    PRIMARY KEY (tenant, assistant_id, version)
  ) $strict;

  CREATE TABLE threads (
    tenant $text NOT NULL,
    id $text NOT NULL,
    status $text NOT NULL,
    resting $text NOT NULL,
    active_run $text,
    metadata $json NOT NULL,
    config $text NOT NULL,
    interrupts $text NOT NULL,
    error $text,
    ttl_strategy $text,
    ttl_minutes $real,
    pruned_at $int,
    job $text,
    version $int NOT NULL,
    created_at $int NOT NULL,
    updated_at $int NOT NULL,
    state_updated_at $int NOT NULL,
    PRIMARY KEY (tenant, id)
  ) $strict;
  CREATE INDEX threads_by_update ON threads (tenant, updated_at, id);
  CREATE INDEX threads_by_creation ON threads (tenant, created_at, id);
  CREATE INDEX threads_by_status ON threads (tenant, status, updated_at, id);
  CREATE INDEX threads_by_expiry ON threads ((updated_at + ttl_minutes * 60000)) WHERE ttl_minutes IS NOT NULL;

  CREATE TABLE thread_values (
    tenant $text NOT NULL,
    thread_id $text NOT NULL,
    data $text NOT NULL,
    PRIMARY KEY (tenant, thread_id)
  ) $strict;

  CREATE TABLE runs (
    seq $serial,
    id $text NOT NULL UNIQUE,
    tenant $text NOT NULL,
    thread_id $text NOT NULL,
    assistant_id $text NOT NULL,
    graph_id $text NOT NULL,
    status $text NOT NULL,
    metadata $json NOT NULL,
    multitask_strategy $text NOT NULL,
    priority $int NOT NULL,
    attempts $int NOT NULL,
    token $int NOT NULL,
    worker $text,
    lease_until $int,
    available_at $int NOT NULL,
    cancel $text,
    cancel_reason $text,
    start_checkpoint $text,
    is_stateless $int NOT NULL,
    is_answer $int NOT NULL,
    once_key $text,
    webhook $text,
    error $text,
    log_kept $int NOT NULL,
    created_at $int NOT NULL,
    updated_at $int NOT NULL,
    ended_at $int
  ) $strict;
  CREATE INDEX runs_to_claim ON runs (priority DESC, created_at, seq) WHERE status = 'pending';
  CREATE INDEX runs_by_due ON runs (available_at) WHERE status = 'pending';
  CREATE INDEX runs_by_lease ON runs (lease_until) WHERE status = 'running';
  CREATE UNIQUE INDEX one_run_a_thread ON runs (tenant, thread_id) WHERE status = 'running';
  CREATE INDEX running_of_assistant ON runs (tenant, assistant_id) WHERE status = 'running';
  CREATE INDEX runs_active ON runs (tenant, thread_id) WHERE status IN ('pending', 'running');
  CREATE INDEX runs_by_thread ON runs (tenant, thread_id, seq);
  CREATE INDEX runs_by_assistant ON runs (tenant, assistant_id);
  CREATE UNIQUE INDEX runs_once ON runs (tenant, once_key) WHERE once_key IS NOT NULL;
  CREATE INDEX runs_by_log ON runs (log_kept, ended_at);

  CREATE TABLE run_requests (
    run_id $text PRIMARY KEY,
    kwargs $text NOT NULL
  ) $strict;

  CREATE TABLE run_events (
    run_id $text NOT NULL,
    seq $int NOT NULL,
    event $text NOT NULL,
    data $text NOT NULL,
    PRIMARY KEY (run_id, seq)
  ) $strict;

  CREATE TABLE crons (
    tenant $text NOT NULL,
    id $text PRIMARY KEY,
    assistant_id $text NOT NULL,
    thread_id $text,
    schedule $text NOT NULL,
    timezone $text,
    end_time $int,
    payload $text NOT NULL,
    metadata $json NOT NULL,
    user_id $text,
    enabled $int NOT NULL,
    on_run_completed $text NOT NULL,
    next_run_at $int,
    created_at $int NOT NULL,
    updated_at $int NOT NULL
  ) $strict;
  CREATE INDEX crons_of_tenant ON crons (tenant, assistant_id);
  CREATE INDEX crons_by_due ON crons (next_run_at) WHERE enabled = 1;

  CREATE TABLE outbox (
    id $text PRIMARY KEY,
    tenant $text NOT NULL,
    url $text NOT NULL,
    body $text NOT NULL,
    attempts $int NOT NULL,
    due_at $int,
    last_error $text,
    created_at $int NOT NULL
  ) $strict;
  CREATE INDEX outbox_by_due ON outbox (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE api_keys (
    id $text PRIMARY KEY,
    tenant $text NOT NULL,
    name $text NOT NULL,
    role $text NOT NULL,
    hash $text NOT NULL UNIQUE,
    prefix $text NOT NULL,
    created_at $int NOT NULL,
    expires_at $int,
    revoked_at $int,
    last_used_at $int
  ) $strict;

  CREATE TABLE files (
    tenant $text NOT NULL,
    sha256 $text NOT NULL,
    name $text NOT NULL,
    mime $text NOT NULL,
    size $int NOT NULL,
    created_at $int NOT NULL,
    PRIMARY KEY (tenant, sha256)
  ) $strict;
`;

/** As the first released version of the embedded database has them. */
export const BUDGET_SCHEMA = `
  CREATE TABLE budget_limits (
    thread_id $text PRIMARY KEY,
    tokens $int,
    micro_eur $int,
    calls $int
  ) $strict;
  CREATE TABLE budget_entries (
    id $text PRIMARY KEY,
    thread_id $text NOT NULL,
    state $text NOT NULL CHECK (state IN ('reserved', 'settled')),
    tokens $int NOT NULL,
    micro_eur $int NOT NULL,
    calls $int NOT NULL,
    input_tokens $int NOT NULL DEFAULT 0,
    output_tokens $int NOT NULL DEFAULT 0
  ) $strict;
  CREATE INDEX budget_entries_by_thread ON budget_entries (thread_id, state);
`;

/** Fills in one database's words. */
export const schemaIn = (text: string, words: Readonly<Record<string, string>>): string =>
  text.replace(/\$([a-z]+)/g, (_, name: string) => words[name] ?? "");
