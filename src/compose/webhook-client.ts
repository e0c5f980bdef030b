// Webhooks to a path go to the server itself; everything else goes out, where the rules allow it.
import { messageOf, TuttiError } from "../errors.ts";
import type { HttpClient, HttpRequest } from "../ports/index.ts";

type Answering = (request: Request) => Promise<Response>;

const DEFAULT_TIMEOUT_MS = 30_000;

/** A route of the user's own may never answer, and must not hold up the webhooks behind it. */
const inTime = async (answer: Promise<Response>, signal: AbortSignal): Promise<Response> => {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } catch (error) {
    throw new TuttiError("HTTP_FAILED", `the server did not answer its own: ${messageOf(error)}`, {
      retryable: true,
      cause: error,
    });
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
};

const askOwn = async (answer: Answering, request: HttpRequest) => {
  const { method = "POST", headers = {}, body = null, timeoutMs = DEFAULT_TIMEOUT_MS } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal =
    request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const url = `http://localhost${request.url}`;
  const asked = new Request(url, { method, headers, body: body as string | null, signal });
  const response = await inTime(answer(asked), signal);
  // Whoever delivers looks at the status only.
  await response.body?.cancel();
  return { status: response.status, headers: {}, body: new Uint8Array(), url };
};

/** `own` answers the server's own requests; undefined until there is one. */
export const webhookClient = (
  http: Pick<HttpClient, "request">,
  own: () => Answering | undefined,
): Pick<HttpClient, "request"> => ({
  request: async (request) => {
    const answer = request.url.startsWith("/") ? own() : undefined;
    return answer === undefined ? await http.request(request) : await askOwn(answer, request);
  },
});
