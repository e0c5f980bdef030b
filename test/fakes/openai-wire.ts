// The bytes of the OpenAI chat completions protocol, as far as the scripted server speaks it.

export interface WireToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}
export interface WireMessage {
  role: "system" | "developer" | "user" | "assistant" | "tool";
  content?: string | { type: string; text?: string }[] | null;
  tool_calls?: WireToolCall[];
  tool_call_id?: string;
  name?: string;
}
export interface WireTool {
  type: "function";
  function: { name: string; description?: string; parameters?: Record<string, unknown> };
}
export interface ChatRequest {
  model: string;
  messages: WireMessage[];
  tools?: WireTool[];
  tool_choice?: unknown;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  max_tokens?: number;
  max_completion_tokens?: number;
}

/** What the scripted model says. */
export interface Reply {
  text?: string;
  /** `args` as an object, or as the text of malformed JSON. */
  toolCalls?: { name: string; args: unknown; id?: string }[];
  refusal?: string;
  /** Default `stop`, or `tool_calls` when there are some. */
  finish?: string;
  /** False: the server does not count. */
  usage?: { prompt: number; completion: number } | false;
}

const DEFAULT_USAGE = { prompt: 100, completion: 20 };

const head = (request: ChatRequest, n: number, object: string) => ({
  id: `chatcmpl-${n}`,
  object,
  created: 1_790_000_000,
  model: request.model,
});

const toolCallsOf = (reply: Reply, n: number): WireToolCall[] =>
  (reply.toolCalls ?? []).map(({ name, args, id }, index) => ({
    id: id ?? `call_${n}_${index}`,
    type: "function",
    function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
  }));

const finishOf = (reply: Reply): string =>
  reply.finish ?? ((reply.toolCalls ?? []).length > 0 ? "tool_calls" : "stop");

const usageOf = (reply: Reply) => {
  if (reply.usage === false) return undefined;
  const { prompt, completion } = reply.usage ?? DEFAULT_USAGE;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
};

/** The body of an answer in one piece. */
export const completion = (request: ChatRequest, reply: Reply, n: number) => {
  const calls = toolCallsOf(reply, n);
  const message = {
    role: "assistant",
    content: reply.text ?? null,
    refusal: reply.refusal ?? null,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return {
    ...head(request, n, "chat.completion"),
    choices: [{ index: 0, message, finish_reason: finishOf(reply), logprobs: null }],
    usage: usageOf(reply),
  };
};

/** The events of a streamed answer, without `[DONE]`; texts and arguments come in pieces. */
export const completionChunks = (request: ChatRequest, reply: Reply, n: number): object[] => {
  const base = head(request, n, "chat.completion.chunk");
  const chunk = (delta: object, finish: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const usage = usageOf(reply);
  return [
    chunk({ role: "assistant", content: "" }),
    ...pieces(reply.text ?? "").map((content) => chunk({ content })),
    ...pieces(reply.refusal ?? "").map((refusal) => chunk({ refusal })),
    ...toolCallsOf(reply, n).flatMap((call, index) => [
      chunk({
        tool_calls: [
          {
            index,
            id: call.id,
            type: "function",
            function: { name: call.function.name, arguments: "" },
          },
        ],
      }),
      ...pieces(call.function.arguments).map((text) =>
        chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
      ),
    ]),
    chunk({}, finishOf(reply)),
    ...(usage !== undefined && request.stream_options?.include_usage === true
      ? [{ ...base, choices: [], usage }]
      : []),
  ];
};

const pieces = (text: string): string[] => {
  const size = Math.max(4, Math.ceil(text.length / 5));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
};
