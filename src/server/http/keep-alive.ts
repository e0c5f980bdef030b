// An answer that may take hours: headers at once, a newline each second so that no proxy or client gives up,
// then the JSON document. White space before a document is part of JSON.
import type { Server } from "./define-route.ts";

const NEWLINE = new TextEncoder().encode("\n");
const NEWLINE_EVERY_MS = 1_000;

export interface KeepAliveOptions {
  readonly caller: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly stop: AbortController;
  readonly onGone?: (() => void) | undefined;
}

/**
 * `result` is asked for the document once there is room for another answer; it never rejects but with what is
 * a fault of the server. Throws RATE_LIMITED.
 */
export const keptAlive = (
  { platform, limits, closing }: Server,
  result: () => Promise<unknown>,
  options: KeepAliveOptions,
): Response => {
  const onClosing = (): void => options.stop.abort();
  const release = limits.stream(options.caller);
  closing.addEventListener("abort", onClosing, { once: true });
  let isOpen = true;
  let newline: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(newline);
    closing.removeEventListener("abort", onClosing);
    release();
    options.stop.abort();
  };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      newline = setInterval(() => {
        if (isOpen && (controller.desiredSize ?? 0) > 0) controller.enqueue(NEWLINE);
      }, NEWLINE_EVERY_MS);
      const deliver = async (): Promise<void> => {
        try {
          const text = JSON.stringify((await result()) ?? null);
          if (!isOpen) return;
          controller.enqueue(new TextEncoder().encode(text));
          end();
          controller.close();
        } catch (error) {
          if (!isOpen) return;
          if (!options.stop.signal.aborted)
            platform.logger.error({ err: error }, "a waiting request failed");
          end();
          controller.error(error);
        }
      };
      void deliver();
    },
    cancel: () => {
      if (!isOpen) return;
      end();
      if (!closing.aborted) options.onGone?.();
    },
  });
  return new Response(body, {
    headers: { "content-type": "application/json", ...options.headers },
  });
};
