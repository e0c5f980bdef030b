// A request's body, read up to a limit. Whatever the content type says, it is JSON: some clients send
// text/plain to spare the preflight.
import type { Context } from "hono";
import { ProblemError } from "../problem.ts";

const tooLarge = (limit: number): ProblemError =>
  new ProblemError({
    status: 413,
    code: "INPUT_TOO_LARGE",
    detail: `the body is larger than ${limit} bytes`,
    hint: "send files to POST /files, and refer to them by their sha256",
    // What is left of the body is not read.
    headers: { connection: "close" },
  });

const malformed = (what: string): ProblemError =>
  new ProblemError({
    status: 400,
    code: "REQUEST_INVALID",
    detail: `the body is not JSON: ${what}`,
    hint: "send a JSON document in UTF-8",
  });

/** The body in pieces; throws INPUT_TOO_LARGE as soon as it is known to pass the limit. */
export async function* readPieces(request: Request, limit: number): AsyncGenerator<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  let bytes = 0;
  for await (const piece of request.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > limit) throw tooLarge(limit);
    yield piece;
  }
}

export const readBytes = async (request: Request, limit: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of readPieces(request, limit)) pieces.push(piece);
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
};

/** Deeper documents than any message or state; what walks them by recursion must not overflow. */
const MAX_DEPTH = 256;

/** Whether brackets outside of strings nest deeper than allowed. */
export const isTooDeep = (text: string): boolean => {
  if (text.length < MAX_DEPTH * 2) return false;
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (isString) {
      if (char === 92) at += 1;
      else if (char === 34) isString = false;
    } else if (char === 34) isString = true;
    else if (char === 123 || char === 91) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (char === 125 || char === 93) depth -= 1;
  }
  return false;
};

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * What routes of the user's own have read already: the stream is used up, and Hono keeps what it held. They
 * change a body by putting another into that cache.
 */
const readBefore = async ({
  req,
}: Context): Promise<{ json: unknown } | Uint8Array | undefined> => {
  const { json } = req.bodyCache as { json?: Promise<unknown> };
  if (json !== undefined) return { json: await json };
  return Object.keys(req.bodyCache).length === 0
    ? undefined
    : new Uint8Array(await req.arrayBuffer());
};

/** An empty body is `{}`. Throws 400 for what is no JSON, 413 for what is too large. */
export const readJson = async (context: Context, limit: number): Promise<unknown> => {
  const before = await readBefore(context);
  if (before !== undefined && "json" in before) return before.json;
  const bytes = before ?? (await readBytes(context.req.raw, limit));
  if (bytes.byteLength > limit) throw tooLarge(limit);
  if (bytes.byteLength === 0) return {};
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw malformed("it is not UTF-8");
  }
  if (isTooDeep(text)) throw malformed(`it nests deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : "it cannot be parsed");
  }
};
