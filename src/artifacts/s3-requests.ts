// Signed requests to S3-compatible storage through the outbound client, repeated when that may help.
import { setTimeout as pause } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import type { Clock } from "../clock.ts";
import { TuttiError } from "../errors.ts";
import type { HttpClient, HttpResponse, HttpStream } from "../ports/index.ts";
import { sha256Of } from "./content.ts";

export interface S3Access {
  readonly http: HttpClient;
  readonly bucket: string;
  /** `https://s3.eu-central-1.amazonaws.com`, `http://minio:9000`; without a path. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
  /** The bucket in the path instead of the host name; default true, which all but old AWS setups take. */
  readonly pathStyle?: boolean;
  /** Milliseconds before the first repetition, doubled for each further one; default 200. */
  readonly retryMs?: number;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Bytes of the answer; default 1 MiB. */
  readonly maxBytes?: number;
}

export interface S3Requests {
  /** The answer, whatever its status; only 5xx and 429 that last are thrown, as DATABASE. */
  send(request: S3Request): Promise<HttpResponse>;
  /** The answer's head, and its body as it comes; not repeated. */
  stream(request: S3Request): Promise<HttpStream>;
  /** Runs the work again while it fails in a way that may pass. */
  retried<Result>(work: () => Promise<Result>): Promise<Result>;
}

const ATTEMPTS = 4;
/** Uploads are silent until they end: 16 MiB in two minutes are 1.1 Mbit/s. */
const IDLE_MS = 120_000;
const TIMEOUT_MS = 1_800_000;
const MIB = 1024 * 1024;

type S3Address = Pick<S3Access, "endpoint" | "bucket" | "pathStyle">;

const baseOf = ({ endpoint, bucket, pathStyle = true }: S3Address): string => {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/";
  if (!plain || url.search !== "" || url.username !== "")
    throw invalid("The endpoint of the S3 storage is no plain http(s) address.");
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw invalid("The name of the S3 bucket is not valid.");
  return pathStyle ? `${url.origin}/${bucket}` : `${url.protocol}//${bucket}.${url.host}`;
};

const invalid = (message: string): TuttiError =>
  new TuttiError("CONFIG_INVALID", message, {
    hint: "Give an endpoint such as https://s3.eu-central-1.amazonaws.com and a bucket by its name.",
  });

/** The origin that requests go to: what the outbound client's list must allow. */
export const s3Origin = (access: S3Address): string => new URL(baseOf(access)).origin;

export const createS3Requests = (access: S3Access, clock: Clock): S3Requests => {
  const { http, region, accessKeyId, secretAccessKey, sessionToken, retryMs = 200 } = access;
  const base = baseOf(access);
  const signingKeys = new Map<string, ArrayBuffer>();

  const signed = async ({ method, key, query = {}, body, maxBytes = MIB }: S3Request) => {
    const asked = new URLSearchParams(query).toString();
    const url = `${base}/${key}${asked === "" ? "" : `?${asked}`}`;
    const signer = new AwsV4Signer({
      method,
      url,
      // The content's hash is signed too: what arrives changed is refused.
      headers: { "x-amz-content-sha256": sha256Of(body ?? new Uint8Array()) },
      service: "s3",
      region,
      accessKeyId,
      secretAccessKey,
      cache: signingKeys,
      datetime: new Date(clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
    const { headers } = await signer.sign();
    return {
      method,
      url,
      headers: { ...Object.fromEntries(headers), "accept-encoding": "identity" },
      ...(body === undefined ? {} : { body }),
      purpose: "artifact_storage",
      maxBytes,
      timeoutMs: TIMEOUT_MS,
      idleTimeoutMs: IDLE_MS,
      redirects: 0,
    };
  };

  const retried = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const passing = error instanceof TuttiError && error.retryable;
        if (!passing || attempt === ATTEMPTS) throw error;
        await pause(retryMs * 2 ** (attempt - 1));
      }
    }
  };

  return {
    retried,
    send: (request) =>
      retried(async () => {
        const answer = await http.request(await signed(request));
        if (answer.status >= 500 || answer.status === 429) throw s3Error(answer);
        return answer;
      }),
    stream: async (request) => http.stream(await signed(request)),
  };
};

/** The code of an error document, such as NoSuchKey; answers to HEAD have none. */
export const s3Code = (body: Uint8Array): string | undefined =>
  /<Code>\s*(\w{1,80})\s*<\/Code>/.exec(Buffer.from(body).toString())?.[1];

const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: "Create the bucket, or correct its name in the settings.",
  InvalidAccessKeyId: "Check the access key of the storage.",
  SignatureDoesNotMatch: "Check the secret key and the region of the storage.",
  AuthorizationHeaderMalformed: "Check the region of the storage.",
  PermanentRedirect: "Check the region and the endpoint of the bucket.",
  TemporaryRedirect: "Check the region and the endpoint of the bucket.",
  RequestTimeTooSkewed: "Set this machine's clock.",
  AccessDenied: "Give the access key the right to read and write objects in the bucket.",
  QuotaExceeded: "Make room in the storage, then resume.",
  EntityTooLarge: "The storage takes no object of that size: raise its limit.",
};

/** An answer that is not what was asked for, as DATABASE with a hint; its text is not repeated. */
export const s3Error = ({ status, body }: Pick<HttpResponse, "status" | "body">): TuttiError => {
  const code = s3Code(body) ?? `status ${status}`;
  const passing = status >= 500 || status === 429 || code === "RequestTimeout";
  const known = HINTS[code] ?? (status === 403 ? HINTS["AccessDenied"] : undefined);
  return new TuttiError("DATABASE", `The S3 storage answered with ${code}.`, {
    hint: known ?? "Check that the storage works, then try again.",
    retryable: passing,
    data: { cause: code, status },
  });
};
