// The body of an answer, decompressed, measured while it comes.
import type { IncomingMessage } from "node:http";
import { PassThrough, pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip } from "node:zlib";
import type { Deadline } from "./deadline.ts";
import { failed, transportError } from "./http-error.ts";

export interface BodyOptions {
  readonly message: IncomingMessage;
  readonly deadline: Deadline;
  readonly maxBytes: number;
  readonly origin: string;
  /** True when the answer has no body whatever its headers say: to HEAD, and 204 and 304. */
  readonly empty: boolean;
}

/** What an answer may be compressed with. */
export const ACCEPTED_ENCODINGS = "gzip, br";

const decoderFor = (encoding: string, origin: string): Transform => {
  if (encoding === "" || encoding === "identity") return new PassThrough();
  if (encoding === "gzip" || encoding === "x-gzip") return createGunzip();
  if (encoding === "br") return createBrotliDecompress();
  throw failed("encoding", `${origin} answered in an encoding that cannot be read.`);
};

const tooLarge = (origin: string, maxBytes: number) =>
  failed("too-large", `${origin} answered with more than ${maxBytes} bytes.`, { maxBytes });

/** Throws HTTP_FAILED when the body is larger than allowed, is cut off, or cannot be decompressed. */
export async function* readBody(options: BodyOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { message, deadline, maxBytes, origin, empty } = options;
  try {
    const encoding = (message.headers["content-encoding"] ?? "").trim().toLowerCase();
    const length = Number(message.headers["content-length"] ?? 0);
    if (!empty && length > maxBytes) throw tooLarge(origin, maxBytes);
    const decoder = empty ? new PassThrough() : decoderFor(encoding, origin);
    let received = 0;
    message.on("data", (chunk: Buffer) => {
      received += chunk.byteLength;
      deadline.touch();
      if (received > maxBytes) decoder.destroy(tooLarge(origin, maxBytes));
    });
    pipeline(message, decoder, () => undefined); // its failure is read from the decoder below
    deadline.signal.addEventListener("abort", () => decoder.destroy(), { once: true });
    let size = 0;
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(origin, maxBytes);
      deadline.pause();
      yield chunk;
      deadline.touch();
    }
    deadline.signal.throwIfAborted();
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw transportError(error, origin);
  } finally {
    deadline.stop();
    if (!message.complete) message.destroy();
  }
}
