// What a request shows to say who asks. `x-auth-scheme` and cookies are none.
import { ProblemError } from "../problem.ts";
import { isApiKey } from "./api-key.ts";

export interface Credentials {
  /** An API key, or what stands in its place. */
  readonly key: string | undefined;
  /** A bearer token that is no API key. */
  readonly token: string | undefined;
}

/** One that is empty is none: clients send the header whether or not they have a key. */
const given = (text: string | null): string | undefined => {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? undefined : trimmed;
};

export const credentialsOf = ({ headers }: Request): Credentials => {
  const header = given(headers.get("x-api-key"));
  const [, bearer] = /^bearer +(\S+)$/i.exec(headers.get("authorization")?.trim() ?? "") ?? [];
  const isKey = bearer !== undefined && isApiKey(bearer);
  return { key: header ?? (isKey ? bearer : undefined), token: isKey ? undefined : bearer };
};

/** 401. `challenge` is what WWW-Authenticate says beside the realm. */
export const unauthenticated = (detail: string, hint: string, challenge = ""): ProblemError =>
  new ProblemError({
    status: 401,
    code: "UNAUTHENTICATED",
    detail,
    hint,
    headers: { "www-authenticate": `Bearer realm="tutti"${challenge}` },
  });
