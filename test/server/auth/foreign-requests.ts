// For every endpoint, requests that name things of somebody else: what a stranger would try.
export interface Things {
  readonly assistant: string;
  readonly thread: string;
  readonly checkpoint: string;
  readonly run: string;
  /** A thread with a run that has not begun, and that run. */
  readonly busyThread: string;
  readonly pendingRun: string;
  /** A thread that waits for an answer, and what it asks. */
  readonly pausedThread: string;
  readonly interrupt: string;
  readonly cron: string;
  readonly namespace: string;
  readonly sha256: string;
}

export interface Try {
  readonly path: string;
  readonly body?: unknown;
  /** The answer stays open: only its status and headers are looked at. */
  readonly isEndless?: true;
}

type Tries = (their: Things, own: Things) => readonly Try[];

const input = { goal: "stolen" };
const run = { assistant_id: "chain", input };
const answer = { assistant_id: "asking", command: { resume: "stolen" } };

/** Places where a client may name a thread or checkpoint beside the path. */
const smuggled = (their: Things, tenant: string): unknown[] => [
  ...[their.thread, `${tenant}~${their.thread}`, `${tenant}~${their.thread}/task/1`].map((id) => ({
    ...run,
    config: { configurable: { thread_id: id, __pregel_checkpointer: id } },
  })),
  { ...run, checkpoint: { thread_id: their.thread, checkpoint_id: their.checkpoint } },
  { ...run, checkpoint_id: their.checkpoint },
];

const starts =
  (suffix: string): Tries =>
  (their, own) => [
    { path: `/threads/${their.thread}/runs${suffix}`, body: run },
    { path: `/threads/${their.pausedThread}/runs${suffix}`, body: answer },
    ...["interrupt", "rollback"].map((multitask_strategy) => ({
      path: `/threads/${their.busyThread}/runs${suffix}`,
      body: { ...run, multitask_strategy },
    })),
    {
      path: `/threads/${own.thread}/runs${suffix}`,
      body: { ...run, assistant_id: their.assistant },
    },
    {
      path: `/threads/${own.thread}/runs${suffix}`,
      body: { ...run, checkpoint_id: their.checkpoint },
    },
  ];

const command = (path: string, method: string, params: unknown): Try => ({
  path: `${path}/commands`,
  body: { id: 1, method, params },
});

const overThreads =
  (suffix: string, body?: unknown): Tries =>
  (their) =>
    [their.thread, their.busyThread, their.pausedThread].map((id) => ({
      path: `/threads/${id}${suffix}`,
      body,
    }));

/** By `method path` as the document names it. Those without tries name nobody's things. */
export const foreignRequests = (tenant: string): Readonly<Record<string, Tries>> => ({
  "post /assistants": () => [], // an id of one's own choice: see the test of equal ids
  "post /assistants/search": (their) => [
    { path: "/assistants/search", body: { graph_id: "chain", metadata: { ns: their.namespace } } },
  ],
  "post /assistants/count": (their) => [
    { path: "/assistants/count", body: { metadata: { ns: their.namespace } } },
  ],
  "get /assistants/{assistant_id}": (their) => [{ path: `/assistants/${their.assistant}` }],
  "patch /assistants/{assistant_id}": (their) => [
    { path: `/assistants/${their.assistant}`, body: { name: "stolen" } },
  ],
  "delete /assistants/{assistant_id}": (their) => [
    { path: `/assistants/${their.assistant}` },
    { path: `/assistants/${their.assistant}?delete_threads=true` },
  ],
  "post /assistants/{assistant_id}/versions": (their) => [
    { path: `/assistants/${their.assistant}/versions`, body: {} },
  ],
  "post /assistants/{assistant_id}/latest": (their) => [
    { path: `/assistants/${their.assistant}/latest`, body: { version: 1 } },
  ],
  "get /assistants/{assistant_id}/graph": (their) => [
    { path: `/assistants/${their.assistant}/graph` },
  ],
  "get /assistants/{assistant_id}/schemas": (their) => [
    { path: `/assistants/${their.assistant}/schemas` },
  ],
  "get /assistants/{assistant_id}/subgraphs": (their) => [
    { path: `/assistants/${their.assistant}/subgraphs` },
  ],
  "get /assistants/{assistant_id}/subgraphs/{namespace}": (their) => [
    { path: `/assistants/${their.assistant}/subgraphs/asker` },
  ],
  "post /threads": () => [], // see the test of equal ids
  "post /threads/search": (their) => [
    { path: "/threads/search", body: { ids: [their.thread] } },
    { path: "/threads/search", body: { metadata: { ns: their.namespace } } },
    { path: "/threads/search", body: { values: { goal: their.namespace } } },
    { path: "/threads/search", body: { status: "interrupted" } },
  ],
  "post /threads/count": (their) => [
    { path: "/threads/count", body: { metadata: { ns: their.namespace } } },
    { path: "/threads/count", body: { status: "interrupted" } },
  ],
  "post /threads/prune": (their) =>
    ["keep_latest", "delete"].map((strategy) => ({
      path: "/threads/prune",
      body: { thread_ids: [their.thread, their.pausedThread], strategy },
    })),
  "get /threads/{thread_id}": overThreads(""),
  "patch /threads/{thread_id}": overThreads("", { metadata: { stolen: true }, ttl: 1 }),
  "delete /threads/{thread_id}": overThreads(""),
  "post /threads/{thread_id}/copy": overThreads("/copy", {}),
  "get /threads/{thread_id}/state": overThreads("/state?subgraphs=true"),
  "post /threads/{thread_id}/state/checkpoint": (their, own) => [
    {
      path: `/threads/${their.thread}/state/checkpoint`,
      body: { checkpoint: { checkpoint_id: their.checkpoint } },
    },
    {
      path: `/threads/${own.thread}/state/checkpoint`,
      body: { checkpoint: { thread_id: their.thread, checkpoint_id: their.checkpoint } },
    },
  ],
  "get /threads/{thread_id}/state/{checkpoint_id}": (their, own) => [
    { path: `/threads/${their.thread}/state/${their.checkpoint}` },
    { path: `/threads/${own.thread}/state/${their.checkpoint}` },
  ],
  "post /threads/{thread_id}/state": (their, own) => [
    { path: `/threads/${their.thread}/state`, body: { values: { goal: "stolen" } } },
    { path: `/threads/${their.pausedThread}/state`, body: { values: null, as_node: "__end__" } },
    {
      path: `/threads/${own.thread}/state`,
      body: {
        values: {},
        checkpoint: { thread_id: their.thread, checkpoint_id: their.checkpoint },
      },
    },
  ],
  "patch /threads/{thread_id}/state": overThreads("/state", { metadata: { stolen: true } }),
  "get /threads/{thread_id}/history": (their, own) => [
    { path: `/threads/${their.thread}/history` },
    { path: `/threads/${own.thread}/history?before=${their.checkpoint}` },
  ],
  "post /threads/{thread_id}/history": (their, own) => [
    { path: `/threads/${their.thread}/history`, body: {} },
    {
      path: `/threads/${own.thread}/history`,
      body: { checkpoint: { thread_id: their.thread, checkpoint_id: their.checkpoint } },
    },
    {
      path: `/threads/${own.thread}/history`,
      body: { before: { thread_id: their.thread, checkpoint_id: their.checkpoint } },
    },
  ],
  "get /threads/{thread_id}/stream": overThreads("/stream"),
  "post /threads/{thread_id}/runs": starts(""),
  "post /threads/{thread_id}/runs/stream": starts("/stream"),
  "post /threads/{thread_id}/runs/wait": starts("/wait"),
  "get /threads/{thread_id}/runs": overThreads("/runs"),
  "get /threads/{thread_id}/runs/{run_id}": (their, own) => [
    { path: `/threads/${their.thread}/runs/${their.run}` },
    { path: `/threads/${own.thread}/runs/${their.run}` },
  ],
  "delete /threads/{thread_id}/runs/{run_id}": (their, own) => [
    { path: `/threads/${their.thread}/runs/${their.run}` },
    { path: `/threads/${own.thread}/runs/${their.run}` },
    { path: `/threads/${their.busyThread}/runs/${their.pendingRun}` },
  ],
  "get /threads/{thread_id}/runs/{run_id}/join": (their, own) => [
    { path: `/threads/${their.thread}/runs/${their.run}/join` },
    { path: `/threads/${own.thread}/runs/${their.run}/join` },
    { path: `/threads/${their.busyThread}/runs/${their.pendingRun}/join?cancel_on_disconnect=1` },
  ],
  "get /threads/{thread_id}/runs/{run_id}/stream": (their, own) => [
    { path: `/threads/${their.thread}/runs/${their.run}/stream` },
    { path: `/threads/${own.thread}/runs/${their.run}/stream` },
    {
      path: `/threads/${their.busyThread}/runs/${their.pendingRun}/stream?cancel_on_disconnect=1`,
    },
  ],
  "post /threads/{thread_id}/runs/{run_id}/cancel": (their, own) =>
    ["interrupt", "rollback"].flatMap((action) => [
      { path: `/threads/${their.busyThread}/runs/${their.pendingRun}/cancel?action=${action}` },
      { path: `/threads/${own.thread}/runs/${their.pendingRun}/cancel?action=${action}` },
    ]),
  "post /runs/cancel": (their) => [
    { path: "/runs/cancel", body: { run_ids: [their.pendingRun] } },
    { path: "/runs/cancel?action=rollback", body: { thread_id: their.busyThread } },
    { path: "/runs/cancel", body: { status: "all" } },
  ],
  "post /runs": (their) => [
    { path: "/runs", body: { ...run, assistant_id: their.assistant } },
    { path: "/runs", body: { ...answer, checkpoint_id: their.checkpoint } },
  ],
  "post /runs/stream": (their) => [
    { path: "/runs/stream", body: { ...run, assistant_id: their.assistant } },
    ...smuggled(their, tenant).map((body) => ({ path: "/runs/stream", body })),
  ],
  "post /runs/wait": (their) => [
    { path: "/runs/wait", body: { ...run, assistant_id: their.assistant } },
    ...smuggled(their, tenant).map((body) => ({ path: "/runs/wait", body })),
  ],
  "post /runs/batch": (their) => [
    { path: "/runs/batch", body: [{ ...run, assistant_id: their.assistant }] },
  ],
  "get /runs/{run_id}/stream": (their) => [
    { path: `/runs/${their.run}/stream` },
    { path: `/runs/${their.pendingRun}/stream?cancel_on_disconnect=1` },
  ],
  "post /runs/crons": (their) => [
    { path: "/runs/crons", body: { schedule: "0 3 * * *", assistant_id: their.assistant } },
  ],
  "post /threads/{thread_id}/runs/crons": (their, own) => [
    {
      path: `/threads/${their.thread}/runs/crons`,
      body: { schedule: "0 3 * * *", assistant_id: "chain" },
    },
    {
      path: `/threads/${own.thread}/runs/crons`,
      body: { schedule: "0 3 * * *", assistant_id: their.assistant },
    },
  ],
  "post /runs/crons/search": (their) => [
    { path: "/runs/crons/search", body: {} },
    { path: "/runs/crons/search", body: { thread_id: their.thread } },
    { path: "/runs/crons/search", body: { assistant_id: their.assistant } },
  ],
  "post /runs/crons/count": (their) => [
    { path: "/runs/crons/count", body: {} },
    { path: "/runs/crons/count", body: { thread_id: their.thread } },
  ],
  "patch /runs/crons/{cron_id}": (their) => [
    { path: `/runs/crons/${their.cron}`, body: { enabled: false } },
    { path: `/runs/crons/${their.cron}`, body: { input } },
  ],
  "delete /runs/crons/{cron_id}": (their) => [{ path: `/runs/crons/${their.cron}` }],
  "put /store/items": () => [], // see the test of equal ids
  "get /store/items": (their) => [
    { path: `/store/items?namespace=${their.namespace}&key=k` },
    { path: `/store/items?namespace=${tenant}.${their.namespace}&key=k` },
  ],
  "delete /store/items": (their) => [
    { path: "/store/items", body: { namespace: [their.namespace], key: "k" } },
    { path: "/store/items", body: { namespace: [tenant, their.namespace], key: "k" } },
  ],
  "post /store/items/search": (their) => [
    { path: "/store/items/search", body: { namespace_prefix: [] } },
    { path: "/store/items/search", body: { namespace_prefix: [their.namespace] } },
    { path: "/store/items/search", body: { namespace_prefix: [tenant] } },
    {
      path: "/store/items/search",
      body: { namespace_prefix: [], filter: { ns: their.namespace } },
    },
  ],
  "post /store/namespaces": (their) => [
    { path: "/store/namespaces", body: {} },
    { path: "/store/namespaces", body: { prefix: [tenant] } },
    { path: "/store/namespaces", body: { suffix: [their.namespace] } },
    { path: "/store/namespaces", body: { prefix: ["*"], max_depth: 2 } },
  ],
  "post /files": () => [], // see the test of equal content
  "get /files/{sha256}": (their) => [{ path: `/files/${their.sha256}` }],
  "post /threads/{thread_id}/commands": (their, own) => [
    command(`/threads/${their.pausedThread}`, "input.respond", {
      interrupt_id: their.interrupt,
      response: "stolen",
    }),
    command(`/threads/${own.thread}`, "input.respond", {
      interrupt_id: their.interrupt,
      response: "stolen",
    }),
    command(`/threads/${their.thread}`, "agent.getTree", {}),
    command(`/threads/${own.thread}`, "agent.getTree", { run_id: their.run }),
    command(`/threads/${their.thread}`, "state.get", { namespace: [] }),
    command(`/threads/${their.thread}`, "state.listCheckpoints", {}),
    command(`/threads/${own.thread}`, "state.listCheckpoints", { before: their.checkpoint }),
    command(`/threads/${their.thread}`, "state.fork", { checkpoint_id: their.checkpoint }),
    command(`/threads/${own.thread}`, "run.start", { assistant_id: their.assistant, input }),
  ],
  "post /threads/{thread_id}/stream/events": (their) => [
    {
      path: `/threads/${their.thread}/stream/events`,
      body: { channels: ["values", "lifecycle", "input"] },
      isEndless: true,
    },
  ],
  "get /threads/{thread_id}/stream/events": (their) => [
    { path: `/threads/${their.thread}/stream/events` },
  ],
  "get /metrics": () => [{ path: "/metrics" }],
});
