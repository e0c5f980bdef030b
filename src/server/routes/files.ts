// Files: what runs are given and what they make, by the hash of their content. A tenant may read what it
// stored or was made for it, and learns nothing about the rest.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { z } from "zod";
import { TuttiError } from "../../errors.ts";
import type { FileRow } from "../../storage/index.ts";
import { json } from "../http/answer.ts";
import { invalidRequest, type Route, route } from "../http/define-route.ts";
import { readBytes } from "../http/read-body.ts";

const tag = "Files";

const WireFile = z.object({
  sha256: z.string(),
  name: z.string(),
  mime: z.string(),
  size: z.int(),
});

interface Upload {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly mime: string;
}

const MAX_NAME = 255;
const DEFAULT_MIME = "application/octet-stream";

/** A label only: without folders and control characters. */
const cleanName = (name: string | undefined): string => {
  const last = (name ?? "").split(/[/\\]/).at(-1) ?? "";
  // oxlint-disable-next-line no-control-regex
  const clean = last.replaceAll(/[\u0000-\u001F\u007F]/g, "").trim();
  return clean === "" || clean === "." || clean === ".." ? "file" : clean.slice(0, MAX_NAME);
};

const MIME = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/;

const cleanMime = (mime: string | null | undefined): string => {
  const plain = (mime ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return MIME.test(plain) ? plain : DEFAULT_MIME;
};

const fromForm = async (bytes: Uint8Array, contentType: string): Promise<Upload> => {
  const parsed = await new Response(Buffer.from(bytes), {
    headers: { "content-type": contentType },
  })
    .formData()
    .catch(() => {
      throw invalidRequest([{ field: "body", message: "the form cannot be read" }]);
    });
  const file = [...parsed.values()].find((value) => value instanceof File);
  if (file === undefined)
    throw invalidRequest([{ field: "body", message: "the form has no file" }]);
  return {
    bytes: new Uint8Array(await file.arrayBuffer()),
    name: cleanName(file.name),
    mime: cleanMime(file.type),
  };
};

const upload = route({
  method: "post",
  path: "/files",
  tag,
  summary: "Store a file",
  description:
    "The bytes as they are, named by `name`; or a form with one file. The same content is stored once.",
  query: z.object({ name: z.string().max(1_000).optional() }),
  rawBody: { mimes: ["application/octet-stream", "multipart/form-data"] },
  answers: {
    200: { description: "the file", schema: WireFile },
    413: { description: "it is larger than the server takes" },
  },
  handle: async ({ query, authorize, platform, context, limits }) => {
    const contentType = context.req.header("content-type") ?? "";
    const bytes = await readBytes(context.req.raw, limits.maxFileBytes);
    const given: Upload = contentType.toLowerCase().startsWith("multipart/form-data")
      ? await fromForm(bytes, contentType)
      : { bytes, name: cleanName(query.name), mime: cleanMime(contentType) };
    const { scope } = await authorize("files", "create", { name: given.name, mime: given.mime });
    const { sha256, name, mime } = await platform.files.put(given.bytes, given);
    const row = await platform.records.files.add({
      tenant: scope.tenant,
      sha256,
      name,
      mime,
      size: given.bytes.byteLength,
    });
    return json({ sha256: row.sha256, name: row.name, mime: row.mime, size: row.size });
  },
});

interface Range {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** One range of bytes; undefined: the whole file; null: outside of it. */
const rangeOf = (header: string | undefined, size: number): Range | undefined | null => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? null : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size || start > end ? null : { start, end };
};

/** Never shown in a page of this server's origin: always a download, never sniffed. */
const headersOf = (file: FileRow): Record<string, string> => ({
  "content-type": file.mime,
  "content-disposition": `attachment; filename="${file.name.replaceAll(/[^\w. -]/g, "_")}"; filename*=UTF-8''${encodeURIComponent(file.name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)}`,
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
  "accept-ranges": "bytes",
  etag: `"${file.sha256}"`,
  "cache-control": "private, immutable, max-age=31536000",
});

const download = route({
  method: "get",
  path: "/files/{sha256}",
  tag,
  summary: "Get a file",
  description: "With the header `Range: bytes=…` a part of it.",
  params: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  answers: {
    200: { description: "its bytes", mime: DEFAULT_MIME },
    206: { description: "a part of them", mime: DEFAULT_MIME },
    404: { description: "no such file" },
    416: { description: "outside of the file" },
  },
  handle: async ({ params, authorize, platform, context }) => {
    const { scope } = await authorize("files", "read", { sha256: params.sha256 });
    const file = await platform.records.files.find(scope.tenant, params.sha256);
    if (file === undefined)
      throw new TuttiError("ARTIFACT_MISSING", "there is no such file", {
        hint: "store it with POST /files",
      });
    const headers = headersOf(file);
    if (context.req.header("if-none-match") === headers["etag"])
      return new Response(null, { status: 304, headers });
    const range = rangeOf(context.req.header("range"), file.size);
    if (range === null)
      return new Response(null, {
        status: 416,
        headers: { "content-range": `bytes */${file.size}` },
      });
    const path = await platform.files.path(file.sha256);
    const length = range === undefined ? file.size : range.end - range.start + 1;
    // An empty file has no first byte to read from.
    const body =
      length === 0 ? null : (Readable.toWeb(createReadStream(path, range ?? {})) as ReadableStream);
    return new Response(body, {
      status: range === undefined ? 200 : 206,
      headers: {
        ...headers,
        "content-length": String(length),
        ...(range === undefined
          ? {}
          : { "content-range": `bytes ${range.start}-${range.end}/${file.size}` }),
      },
    });
  },
});

export const fileRoutes: readonly Route[] = [upload, download];
