// What went wrong with a request, without the parts of it that may be secret: a path or a query can
// hold a token, so messages name the origin alone, and causes are told by code.
import { messageOf, TuttiError } from "../errors.ts";

type FailureReason =
  | "name"
  | "connect"
  | "tls"
  | "timeout"
  | "too-large"
  | "redirects"
  | "protocol"
  | "encoding";

/** A request that the rules forbid. */
export const refused = (
  message: string,
  hint: string,
  data: Record<string, unknown> = {},
): TuttiError => new TuttiError("HTTP_REFUSED", message, { hint, data });

const HINTS: Readonly<Record<FailureReason, string>> = {
  name: "Check the spelling of the host, and that this machine can resolve names.",
  connect: "Check that the other side runs and can be reached from this machine, then try again.",
  tls: "Check the certificate of the other side; for an authority of your own, set NODE_EXTRA_CA_CERTS to its PEM file.",
  timeout: "Try again later, or give the request more time.",
  "too-large": "Ask for less, or raise the size limit of the request.",
  redirects: "Use the address that the redirects lead to, or allow more of them.",
  protocol: "The other side does not speak plain HTTP/1.1; check the address and the port.",
  encoding: "The other side compresses in a way that cannot be read.",
};
const RETRYABLE: ReadonlySet<FailureReason> = new Set(["name", "connect", "timeout"]);

/** A request that was allowed, and got no whole answer. `data.reason` says why. */
export const failed = (
  reason: FailureReason,
  message: string,
  data: Record<string, unknown> = {},
): TuttiError =>
  new TuttiError("HTTP_FAILED", message, {
    hint: HINTS[reason],
    retryable: RETRYABLE.has(reason),
    data: { reason, ...data },
  });

export const cancelled = (): TuttiError =>
  new TuttiError("CANCELLED", "The request was stopped.", { hint: "Start it again if needed." });

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH)/;

const reasonOf = (code: string): FailureReason => {
  if (code === "HPE_HEADER_OVERFLOW") return "too-large";
  if (code.startsWith("HPE_")) return "protocol";
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR"))
    return "encoding";
  return TLS_CODE.test(code) ? "tls" : "connect";
};

/** What node says of sockets, TLS, HTTP and compression as HTTP_FAILED; a TuttiError stays as it is. */
export const transportError = (error: unknown, origin: string): TuttiError => {
  if (error instanceof TuttiError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const reason = reasonOf(code);
  const what = messageOf(error) || code; // an AggregateError of several addresses has no message
  return failed(reason, `${origin} gave no whole answer: ${what}`, { cause: code });
};
