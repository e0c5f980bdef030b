// Writing an object: in one request, or in parts when it is large. Either way it appears whole or not
// at all, and the storage checks every request's bytes against their signed hash.
import type { HttpResponse } from "../ports/index.ts";
import { s3Code, s3Error, type S3Requests } from "./s3-requests.ts";

export interface S3Upload {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly partBytes: number;
}

const PARTS_AT_ONCE = 4;

/** Throws DATABASE or HTTP_FAILED when the storage does not take it. */
export const uploadObject = async (s3: S3Requests, upload: S3Upload): Promise<void> => {
  const { key, bytes, partBytes } = upload;
  if (bytes.byteLength > partBytes) return uploadInParts(s3, upload);
  requireOk(await s3.send({ method: "PUT", key, body: bytes }));
};

const uploadInParts = async (s3: S3Requests, upload: S3Upload): Promise<void> => {
  const { key } = upload;
  const begun = requireOk(await s3.send({ method: "POST", key, query: { uploads: "" } }));
  const uploadId = unescapeXml(
    /<UploadId>([^<]+)<\/UploadId>/.exec(Buffer.from(begun.body).toString())?.[1] ?? "",
  );
  if (uploadId === "") throw s3Error({ status: 502, body: begun.body });
  try {
    const etags = await sendParts(s3, upload, uploadId);
    await complete(s3, upload, uploadId, etags);
  } catch (error) {
    // What was sent would be paid for until a rule of the bucket removes it. That the upload failed
    // is what counts; that this failed as well is not told.
    await s3.send({ method: "DELETE", key, query: { uploadId } }).catch(() => undefined);
    throw error;
  }
};

const sendParts = async (
  s3: S3Requests,
  { key, bytes, partBytes }: S3Upload,
  uploadId: string,
): Promise<string[]> => {
  const count = Math.ceil(bytes.byteLength / partBytes);
  const etags: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += 1;
      const body = bytes.subarray(at * partBytes, (at + 1) * partBytes);
      const query = { partNumber: String(at + 1), uploadId };
      const answer = requireOk(await s3.send({ method: "PUT", key, query, body }));
      etags[at] = answer.headers["etag"] ?? "";
    }
  };
  const lanes = Array.from({ length: Math.min(PARTS_AT_ONCE, count) }, lane);
  const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return etags;
};

const complete = async (
  s3: S3Requests,
  { key, bytes }: S3Upload,
  uploadId: string,
  etags: readonly string[],
): Promise<void> => {
  const parts = etags.map(
    (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
  await s3.retried(async () => {
    const answer = await s3.send({ method: "POST", key, query: { uploadId }, body });
    const code = s3Code(answer.body);
    if (answer.status === 200 && code === undefined) return;
    // An attempt whose answer was lost may have completed it: then the object is there.
    if (code === "NoSuchUpload") {
      const { status, headers } = await s3.send({ method: "HEAD", key });
      if (status === 200 && headers["content-length"] === String(bytes.byteLength)) return;
    }
    // Assembling takes time, so it may fail after status 200 was sent.
    throw s3Error(answer.status === 200 ? { ...answer, status: 500 } : answer);
  });
};

const requireOk = (answer: HttpResponse): HttpResponse => {
  if (answer.status === 200) return answer;
  throw s3Error(answer);
};

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const unescapeXml = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
