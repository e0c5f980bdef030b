// The events of one execution. Three ways through the engine: plain chunks, which cost least; LangChain's
// events, when the run asks for them; protocol v2's events, for clients that speak it.
import type { StreamEvent } from "@langchain/core/tracers/log_stream";
import type { ProtocolEvent } from "@langchain/langgraph/stream";
import { type Chunk, engineModes, EventMapper, named } from "./event-mapper.ts";
import { publicFields } from "./public-config.ts";
import type { Attempt, RunEvent } from "./run-attempt.ts";
import type { RunKwargs } from "./run-kwargs.ts";
import type { StreamMode } from "./run-service.ts";
import { wireText } from "./wire-values.ts";

type Options = Readonly<Record<string, unknown>>;

/** Models inside subgraphs are heard too, so the engine opens them; the mapper shows what was asked. */
const opensSubgraphs = (modes: ReadonlySet<StreamMode>, asked: boolean): boolean =>
  asked || modes.has("messages");

async function* plain(
  { deployed }: Attempt,
  mapper: EventMapper,
  input: unknown,
  options: Options,
): AsyncGenerator<RunEvent> {
  const chunks = await deployed.graph.stream(input, { ...options });
  for await (const chunk of chunks) yield* mapper.map(chunkOf(chunk, options));
}

const chunkOf = (chunk: unknown, { subgraphs }: Options): Chunk =>
  subgraphs === true
    ? (chunk as Chunk)
    : [[], ...(chunk as readonly [mode: string, payload: unknown])];

const isHidden = (event: StreamEvent): boolean => event.tags?.includes("langsmith:hidden") === true;

/** The root's own stream is turned into the other modes; everything else is an event. */
async function* withEvents(
  { deployed, run }: Attempt,
  mapper: EventMapper,
  input: unknown,
  options: Options,
): AsyncGenerator<RunEvent> {
  const events = deployed.graph.streamEvents(input, { ...options, version: "v2" });
  for await (const event of events as AsyncIterable<StreamEvent>) {
    if (isHidden(event)) continue;
    if (event.event === "on_chain_stream" && event.run_id === run.id) {
      yield* mapper.map(chunkOf(event.data.chunk, options));
    } else if (event.event !== "on_chain_stream") {
      const metadata = publicFields(event.metadata, run.tenant);
      yield { event: "events", data: wireText({ ...event, metadata }) };
    }
  }
}

async function* protocol({ deployed }: Attempt, input: unknown, options: Options) {
  const { subgraphs: _subgraphs, streamMode: _streamMode, ...rest } = options;
  const events = await deployed.graph.streamEvents(input, { ...rest, version: "v3" });
  for await (const { method, params } of events as AsyncIterable<ProtocolEvent>) {
    yield { event: named(method, params.namespace), data: wireText(params.data) };
  }
}

/** Throws what the graph throws. */
export const graphEvents = (
  attempt: Attempt,
  kwargs: RunKwargs,
  input: unknown,
  options: Options,
): AsyncGenerator<RunEvent> => {
  if (kwargs.protocol === "v2") return protocol(attempt, input, options);
  const modes = new Set(kwargs.streamModes);
  const mapper = new EventMapper({
    tenant: attempt.run.tenant,
    modes,
    subgraphs: kwargs.streamSubgraphs,
  });
  const engine = {
    ...options,
    streamMode: engineModes(modes),
    subgraphs: opensSubgraphs(modes, kwargs.streamSubgraphs),
  };
  return modes.has("events")
    ? withEvents(attempt, mapper, input, engine)
    : plain(attempt, mapper, input, engine);
};
