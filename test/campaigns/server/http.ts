// A client that takes no answer for granted: a request that got none may have been done or not.
import { setTimeout as wait } from "node:timers/promises";

/** `status` 0: no answer, or one that does not say whether the request was done (5xx). */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Client {
  once(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<Answer>;
  /** Until there is an answer, for requests that may be repeated. Throws for what is no 2xx or 404. */
  again(method: string, path: string, body?: unknown): Promise<Answer>;
  readonly url: string;
  /** Requests without an answer so far. */
  readonly unanswered: number;
}

const PAUSE_MS = 200;
/** An outage is seconds; whoever gets no answer for so long never gets one. */
const GIVE_UP_MS = 240_000;

export const createClient = (url: string): Client => {
  let unanswered = 0;
  const once = async (
    method: string,
    path: string,
    body?: unknown,
    timeoutMs = 30_000,
  ): Promise<Answer> => {
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      if (response.status < 500)
        return { status: response.status, body: text.trim() === "" ? null : JSON.parse(text) };
    } catch {
      // refused, cut or too late: the same to this client
    }
    unanswered += 1;
    return { status: 0, body: null };
  };
  return {
    url,
    once,
    get unanswered() {
      return unanswered;
    },
    async again(method, path, body) {
      const began = Date.now();
      for (;;) {
        const answer = await once(method, path, body);
        if ((answer.status >= 200 && answer.status < 300) || answer.status === 404) return answer;
        if (answer.status !== 0 && answer.status !== 429)
          throw new Error(
            `${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`,
          );
        if (Date.now() - began > GIVE_UP_MS) throw new Error(`${method} ${path} gets no answer`);
        await wait(PAUSE_MS);
      }
    },
  };
};
