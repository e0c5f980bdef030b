// A graph that runs on a server, in the shape in which the command line runs graphs here. The run goes on
// when this process dies; a connection that breaks is taken up where it broke.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ThreadState } from "@langchain/langgraph-sdk";
import { isCommand, type StateSnapshot } from "@langchain/langgraph";
import { z } from "zod";
import { CODES, TuttiError } from "../../errors.ts";
import type { ExecutableGraph } from "../../runs/index.ts";
import { isUnreachable, remoteError } from "./remote-error.ts";

/** How long a server may be away in the middle of a run, e.g. while it is started anew. */
const PATIENCE_MS = 120_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

export interface Server {
  readonly client: Client;
  readonly url: string;
}

type Config = Parameters<ExecutableGraph["stream"]>[1];
type Input = Parameters<ExecutableGraph["stream"]>[0];

const threadOf = (config: Pick<Config, "configurable">): string =>
  String(config.configurable?.["thread_id"]);

const Failure = z.object({ error: z.string(), message: z.string(), hint: z.string().optional() });

const failureIn = (data: unknown): TuttiError => {
  const { error, message, hint } = Failure.catch({
    error: "INTERNAL",
    message: JSON.stringify(data),
  }).parse(data);
  const code = z.enum(CODES).safeParse(error).data ?? "INTERNAL";
  return new TuttiError(code, message, hint === undefined ? {} : { hint });
};

/** The run's events from the one after `last`; says which was the last. */
async function* follow(
  { client, url }: Server,
  thread: string,
  run: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [mode: string, data: unknown]> {
  let last = "-1";
  let wait = FIRST_WAIT_MS;
  let patience = PATIENCE_MS;
  for (;;) {
    try {
      const events = client.runs.joinStream(thread, run, {
        lastEventId: last,
        streamMode: ["custom", "updates"],
        ...(signal === undefined ? {} : { signal }),
      });
      for await (const { id, event, data } of events) {
        last = id ?? last;
        [wait, patience] = [FIRST_WAIT_MS, PATIENCE_MS];
        if (event === "error") throw failureIn(data);
        yield [event, data];
      }
      const { status } = await client.runs.get(thread, run);
      if (status !== "pending" && status !== "running") return;
    } catch (error) {
      if (signal?.aborted === true || error instanceof TuttiError || !isUnreachable(error))
        throw remoteError(error, url);
      patience -= wait;
      if (patience < 0) throw remoteError(error, url);
    }
    await sleep(wait, undefined, signal === undefined ? {} : { signal });
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

const payloadOf = (input: Input) =>
  isCommand(input) ? { command: { resume: input.resume } } : { input };

async function* stream(
  server: Server,
  graphId: string,
  input: Input,
  config: Config,
): AsyncGenerator<readonly [string, unknown]> {
  const { client, url } = server;
  const thread = threadOf(config);
  const { signal } = config;
  const { run_id: run } = await client.runs
    .create(thread, graphId, {
      ...payloadOf(input),
      streamMode: ["custom", "updates"],
      streamResumable: true,
      multitaskStrategy: "reject",
      durability: "sync",
    })
    .catch((error: unknown) => {
      throw remoteError(error, url);
    });
  try {
    yield* follow(server, thread, run, signal);
  } catch (error) {
    // Ctrl-C here pauses the run there; a lost connection leaves it alone.
    if (signal?.aborted === true) await client.runs.cancel(thread, run, true, "interrupt");
    throw error;
  }
}

/** The parts of a snapshot that questions, ends and overviews are read from. */
const snapshotOf = (state: ThreadState, thread: string): StateSnapshot => {
  const { tasks, values, next } = state;
  // A thread on which nothing ran has no checkpoint, whatever the SDK's type says.
  const checkpoint: ThreadState["checkpoint"] | null = state.checkpoint;
  const checkpointId = checkpoint?.checkpoint_id;
  return {
    values,
    next,
    config: {
      configurable: {
        thread_id: thread,
        checkpoint_ns: checkpoint?.checkpoint_ns ?? "",
        ...(checkpointId === undefined || checkpointId === null
          ? {}
          : { checkpoint_id: checkpointId }),
      },
    },
    tasks: tasks.map(({ id, name, error, interrupts, result }) => ({
      id,
      name,
      interrupts,
      ...(error == null ? {} : { error }),
      ...(result === undefined || result === null ? {} : { result }),
    })),
  };
};

/** Throws what the server refuses under its codes; HTTP_FAILED when it does not answer. */
export const createRemoteGraph = async (
  server: Server,
  graphId: string,
): Promise<ExecutableGraph> => {
  const { client, url } = server;
  const translated = <Value>(value: Promise<Value>): Promise<Value> =>
    value.catch((error: unknown) => {
      throw remoteError(error, url);
    });
  const { nodes } = await translated(client.assistants.getGraph(graphId));
  return {
    nodes: Object.fromEntries(nodes.map(({ id }) => [String(id), true])),
    stream: async (input, config) => stream(server, graphId, input, config),
    getState: async (config) => {
      const thread = threadOf(config);
      return snapshotOf(await translated(client.threads.getState(thread)), thread);
    },
  };
};
