// Server-sent events. The reader pulls: an event is read from its source when the connection takes it, so a
// slow client delays only its own cursor, and holds one event at most.
import type { Server } from "./define-route.ts";

/** One event as it goes out; `data` is JSON text on one line. */
export interface Frame {
  readonly event: string;
  readonly data: string;
  readonly id?: string | undefined;
}

const encoder = new TextEncoder();
const HEARTBEAT = encoder.encode(": heartbeat\n\n");
const HIGH_WATER_BYTES = 16 * 1024;

export const frameText = ({ event, data, id }: Frame): string =>
  id === undefined
    ? `event: ${event}\ndata: ${data}\n\n`
    : `event: ${event}\ndata: ${data}\nid: ${id}\n\n`;

export interface EventStreamOptions {
  /** Whose stream it is, for the limit of open streams. */
  readonly caller: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Aborted when the client has gone or the stream has ended. */
  readonly stop: AbortController;
  /** The client went before the end. */
  readonly onGone?: (() => void) | undefined;
}

/** Errors after the first byte can only be told in the stream: the source turns them into an event. */
export const eventStream = (
  { platform, limits, closing }: Server,
  frames: AsyncIterable<Frame>,
  options: EventStreamOptions,
): Response => {
  const onClosing = (): void => options.stop.abort();
  const release = limits.stream(options.caller);
  const iterator = frames[Symbol.asyncIterator]();
  platform.metrics.stream(1);
  let isOpen = true;
  let heartbeat: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(heartbeat);
    closing.removeEventListener("abort", onClosing);
    release();
    platform.metrics.stream(-1);
    options.stop.abort();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        closing.addEventListener("abort", onClosing, { once: true });
        heartbeat = setInterval(() => {
          if (isOpen && (controller.desiredSize ?? 0) > 0) controller.enqueue(HEARTBEAT);
        }, limits.heartbeatMs);
      },
      pull: async (controller) => {
        try {
          const next = await iterator.next();
          if (!isOpen) return;
          if (next.done === true) {
            end();
            controller.close();
          } else controller.enqueue(encoder.encode(frameText(next.value)));
        } catch (error) {
          if (!isOpen) return;
          const wasStopped = options.stop.signal.aborted;
          end();
          if (wasStopped) return controller.close();
          platform.logger.error({ err: error }, "a stream was cut: its source failed");
          controller.error(error);
        }
      },
      cancel: async () => {
        if (!isOpen) return;
        end();
        if (!closing.aborted) options.onGone?.();
        await iterator.return?.();
      },
    },
    { highWaterMark: HIGH_WATER_BYTES, size: (piece) => piece?.byteLength ?? 0 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      ...options.headers,
    },
  });
};
