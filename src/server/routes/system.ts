// What the server says about itself.
import { z } from "zod";
import type { Platform } from "../platform.ts";
import { json } from "../http/answer.ts";
import { type Route, route } from "../http/define-route.ts";
import { QueryFlag } from "../http/schema.ts";

const tag = "System";
const group = "meta";
const Anything = z.record(z.string(), z.unknown());

const info = (flags: Readonly<Record<string, boolean>>): Route =>
  route({
    method: "get",
    path: "/info",
    tag,
    group,
    summary: "Which version this is, and what it can do",
    isOpen: true,
    answers: {
      200: {
        description: "version and flags",
        schema: z.object({ version: z.string(), flags: z.record(z.string(), z.boolean()) }),
      },
    },
    handle: ({ platform }) =>
      json({
        version: platform.version,
        context: "js",
        flags: { assistants: true, crons: true, langsmith: false, ...flags },
      }),
  });

const ok = route({
  method: "get",
  path: "/ok",
  tag,
  group,
  summary: "Whether the server answers; with `check_db`, whether its database does",
  query: z.object({ check_db: QueryFlag }),
  isOpen: true,
  answers: {
    200: { description: "it does", schema: z.object({ ok: z.boolean() }) },
    503: { description: "the database does not answer" },
  },
  handle: async ({ query, platform }) => {
    if (query.check_db ?? false) await platform.records.ping();
    return json({ ok: true });
  },
});

const queueState = async ({ records, clock }: Platform) => {
  const [runs, due] = await Promise.all([records.runs.counts(), records.runs.nextDue()]);
  const late = due === undefined ? 0 : Math.max(0, clock.now() - due);
  return { runs, oldestDueSeconds: late / 1_000 };
};

/** Counts of all tenants: for operators. */
const metrics = route({
  method: "get",
  path: "/metrics",
  tag,
  group,
  summary: "Figures for Prometheus",
  answers: { 200: { description: "Prometheus' text format", mime: "text/plain" } },
  handle: async ({ platform, authorize }) => {
    await authorize("system", "read", { what: "metrics" });
    return new Response(await platform.metrics.text(await queueState(platform)), {
      headers: { "content-type": platform.metrics.contentType },
    });
  },
});

/** The page may show itself and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `routes` is asked late: these two describe themselves too. */
const described = (routes: () => readonly Route[]): readonly Route[] => {
  let document: Promise<Record<string, unknown>> | undefined;
  const documentOf = (version: string): Promise<Record<string, unknown>> => {
    document ??= import("../openapi.ts").then(({ openApiDocument }) =>
      openApiDocument(routes(), version),
    );
    return document;
  };
  return [
    route({
      method: "get",
      path: "/openapi.json",
      tag,
      group,
      summary: "This API as an OpenAPI 3.1 document",
      isOpen: true,
      answers: { 200: { description: "the document", schema: Anything } },
      handle: async ({ platform }) => json(await documentOf(platform.version)),
    }),
    route({
      method: "get",
      path: "/docs",
      tag,
      group,
      summary: "This API as a page to read",
      isOpen: true,
      answers: { 200: { description: "the page", mime: "text/html" } },
      handle: async ({ platform }) => {
        const { docsPage } = await import("../docs-page.ts");
        return new Response(docsPage(routes(), await documentOf(platform.version)), {
          headers: {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": PAGE_POLICY,
            "x-content-type-options": "nosniff",
          },
        });
      },
    }),
  ];
};

export const systemRoutes = (
  flags: Readonly<Record<string, boolean>>,
  routes: () => readonly Route[],
): readonly Route[] => [info(flags), ok, metrics, ...described(routes)];
