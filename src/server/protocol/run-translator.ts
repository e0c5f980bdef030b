// The log of one run as protocol v2's events. Runs that were started by the protocol log its events as the
// engine gives them; those started otherwise log stream modes. The root's lifecycle is ours: it may say
// "completed" only when the run's row does.
import { convertToProtocolEvent } from "@langchain/langgraph/stream";
import type { JsonObject, LoggedEvent, RunRow } from "../../storage/index.ts";

/** An event before it is numbered. */
export interface Draft {
  readonly method: string;
  readonly namespace: readonly string[];
  readonly data: string;
  readonly node?: string | undefined;
  readonly name?: string | undefined;
}

type Lifecycle = "running" | "completed" | "failed" | "interrupted";

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const draft = (method: string, namespace: readonly string[], data: unknown): Draft => ({
  method,
  namespace,
  data: JSON.stringify(data ?? null),
});

const lifecycleOf = (graph: string, event: Lifecycle, error?: string): Draft =>
  draft("lifecycle", [], {
    event,
    graph_name: graph,
    ...(error === undefined ? {} : { error }),
  });

/** Ids of the questions that a run answers. */
const answeredBy = (run: RunRow): string[] => {
  const { command } = run.kwargs;
  const resume = isObject(command) ? command["resume"] : undefined;
  return isObject(resume) ? Object.keys(resume) : [];
};

/** Interrupts of a value, each told once. */
const interruptsIn = (value: unknown): { id: string; value: unknown }[] =>
  (Array.isArray(value) ? value : []).flatMap((entry: unknown) =>
    isObject(entry) && typeof entry["id"] === "string"
      ? [{ id: entry["id"], value: entry["value"] }]
      : [],
  );

export class RunTranslator {
  private readonly run: RunRow;
  private readonly isProtocol: boolean;
  private readonly asked = new Set<string>();
  /** Told at the end: an answer is taken only when the thread's record says that it waits for one. */
  private readonly open: Draft[] = [];
  private failure: string | undefined;

  constructor(run: RunRow) {
    this.run = run;
    this.isProtocol = run.kwargs["protocol"] === "v2";
  }

  start(): Draft[] {
    const answered = answeredBy(this.run);
    return [
      lifecycleOf(this.run.graphId, "running"),
      ...(answered.length === 0 ? [] : [draft("input.answered", [], { interrupt_ids: answered })]),
    ];
  }

  translate({ event, data }: LoggedEvent): Draft[] {
    const [method = "", ...namespace] = event.split("|");
    if (method === "error") {
      const error: unknown = JSON.parse(data);
      const message = isObject(error) ? error["message"] : undefined;
      this.failure = typeof message === "string" ? message : undefined;
      return [];
    }
    if (method === "values") return this.values(namespace, data);
    return this.isProtocol
      ? this.native(method, namespace, data)
      : this.mode(method, namespace, data);
  }

  /** `run` as it ended; undefined when it was rolled back. */
  end(run: RunRow | undefined): Draft[] {
    const { graphId } = this.run;
    if (run === undefined) return [lifecycleOf(graphId, "interrupted")];
    if (run.status === "interrupted") return [...this.open, lifecycleOf(graphId, "interrupted")];
    if (run.status === "success")
      return [
        ...this.open,
        lifecycleOf(graphId, this.open.length > 0 ? "interrupted" : "completed"),
      ];
    const message = run.error?.["message"];
    const error = typeof message === "string" ? message : (this.failure ?? run.status);
    return [lifecycleOf(graphId, "failed", error)];
  }

  private ask(namespace: readonly string[], value: unknown): void {
    for (const one of interruptsIn(value)) {
      if (this.asked.has(one.id)) continue;
      this.asked.add(one.id);
      this.open.push(
        draft("input.requested", namespace, { interrupt_id: one.id, payload: one.value }),
      );
    }
  }

  private values(namespace: readonly string[], data: string): Draft[] {
    if (!data.includes('"__interrupt__"'))
      return data === "{}" ? [] : [{ method: "values", namespace, data }];
    const values: unknown = JSON.parse(data);
    if (!isObject(values)) return [{ method: "values", namespace, data }];
    const { __interrupt__, ...rest } = values;
    this.ask(namespace, __interrupt__);
    return Object.keys(rest).length === 0 ? [] : [draft("values", namespace, rest)];
  }

  private update(namespace: readonly string[], data: string): Draft[] {
    const update: unknown = JSON.parse(data);
    if (!isObject(update)) return [];
    const { node, values } = update;
    if (node === "__interrupt__") {
      this.ask(namespace, isObject(values) && "value" in values ? values["value"] : values);
      return [];
    }
    return [
      {
        ...draft("updates", namespace, values),
        ...(typeof node === "string" ? { node } : {}),
      },
    ];
  }

  private native(method: string, namespace: readonly string[], data: string): Draft[] {
    if (method.startsWith("custom:")) {
      const name = method.slice("custom:".length);
      return [
        {
          method: "custom",
          namespace,
          name,
          data: `{"name":${JSON.stringify(name)},"payload":${data}}`,
        },
      ];
    }
    switch (method) {
      case "lifecycle":
        return namespace.length === 0 ? [] : [{ method, namespace, data }];
      case "updates":
        return this.update(namespace, data);
      case "custom": {
        const custom: unknown = JSON.parse(data);
        const name = isObject(custom) ? custom["name"] : undefined;
        return [{ method, namespace, data, ...(typeof name === "string" ? { name } : {}) }];
      }
      case "messages":
      case "tools":
      case "tasks":
      case "checkpoints":
        return [{ method, namespace, data }];
      default:
        return []; // metadata, and what the engine may add one day
    }
  }

  /** Messages of stream modes are whole or accumulated: the protocol has no form for them. */
  private mode(method: string, namespace: readonly string[], data: string): Draft[] {
    if (method !== "updates" && method !== "custom" && method !== "tasks" && method !== "tools")
      return [];
    const events = convertToProtocolEvent({
      namespace: [...namespace],
      mode: method,
      payload: JSON.parse(data),
      seq: 0,
    });
    return events.flatMap((event) =>
      this.native(event.method, namespace, JSON.stringify(event.params.data)),
    );
  }
}
