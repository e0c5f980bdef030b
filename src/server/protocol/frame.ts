// One event of protocol v2 on its way to clients. Its data stay JSON text: tokens pass through unparsed.
import { matchesSubscription } from "@langchain/langgraph/stream";

/** What a subscriber asked for. */
export interface Filter {
  readonly channels: readonly string[];
  readonly namespaces?: readonly (readonly string[])[] | undefined;
  readonly depth?: number | undefined;
  /** Only events after this number. */
  readonly since?: number | undefined;
}

export interface ProtocolFrame {
  /** Grows over all runs of a thread, in every process. */
  readonly seq: number;
  /** The same for the same event, whoever sends it and how often. */
  readonly eventId: string;
  readonly method: string;
  readonly namespace: readonly string[];
  /** JSON text. */
  readonly data: string;
  readonly node?: string | undefined;
  /** Of a named custom event. */
  readonly name?: string | undefined;
}

export const frameJson = (frame: ProtocolFrame, timestamp: number): string => {
  const node = frame.node === undefined ? "" : `"node":${JSON.stringify(frame.node)},`;
  return `{"type":"event","event_id":${JSON.stringify(frame.eventId)},"seq":${frame.seq},"method":${JSON.stringify(frame.method)},"params":{"namespace":${JSON.stringify(frame.namespace)},"timestamp":${timestamp},${node}"data":${frame.data}}}`;
};

export const isWanted = (frame: ProtocolFrame, filter: Filter): boolean =>
  matchesSubscription(
    {
      method: frame.method,
      seq: frame.seq,
      params: {
        namespace: [...frame.namespace],
        data: frame.name === undefined ? undefined : { name: frame.name },
      },
    },
    filter as Parameters<typeof matchesSubscription>[1],
  );
