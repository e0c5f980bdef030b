// Requests to other machines. There is one client in the project, src/outbound; everyone is handed it.

export interface HttpRequest {
  /** Absolute, http or https, without user and password. */
  readonly url: string;
  /** Default GET. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** Names in any case. Host, Content-Length and what else belongs to the connection is refused. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** What the request is for, such as `web_search`: chooses the list of allowed addresses. */
  readonly purpose: string;
  /** Milliseconds for everything: names, redirects, the whole answer. `Infinity` is none. */
  readonly timeoutMs?: number;
  /** Milliseconds without a byte from the other side. `Infinity` is none. */
  readonly idleTimeoutMs?: number;
  /** The largest body taken, counted after it is decompressed. `Infinity` is no limit. */
  readonly maxBytes?: number;
  /** How many redirects are followed; with 0 the redirect itself is the answer. */
  readonly redirects?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  /** Any status is an answer, 4xx and 5xx too. */
  readonly status: number;
  /** Names in lower case; several of one name are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Uint8Array;
  /** Where the answer came from, after redirects. */
  readonly url: string;
}

export interface HttpStream extends Omit<HttpResponse, "body"> {
  /** Read it to its end or leave the loop: either lets the connection go. Throws as `stream` does. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /**
   * The whole answer. Throws HTTP_REFUSED for what the rules forbid, HTTP_FAILED when no whole answer
   * came (`data.reason` says why), CANCELLED when the signal was aborted.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** The same, with a body that is read as it comes; the limits hold while it is read. */
  stream(request: HttpRequest): Promise<HttpStream>;
}
