// The OpenAPI 3.1 document, made from the declarations of the routes: what is not declared is not served.
import { z } from "zod";
import { CODES } from "../errors.ts";
import type { Answer, Route } from "./http/define-route.ts";
import { WireAssistant, WireAssistantVersion } from "./wire/assistant.ts";
import { WireCron } from "./wire/cron.ts";
import { WireItem } from "./wire/item.ts";
import { WireRun } from "./wire/run.ts";
import { WireThread } from "./wire/thread.ts";

type Document = Record<string, unknown>;

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    message: z.string(),
    code: z.enum(CODES),
    hint: z.string().optional(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    instance: z.string(),
  })
  .describe("RFC 9457");

const MODELS: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [WireAssistant, "Assistant"],
  [WireAssistantVersion, "AssistantVersion"],
  [WireThread, "Thread"],
  [WireRun, "Run"],
  [WireCron, "Cron"],
  [WireItem, "Item"],
  [Problem, "Problem"],
]);

const schemaOf = (schema: z.ZodType, io: "input" | "output"): Document => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
};

const reference = (name: string): Document => ({ $ref: `#/components/schemas/${name}` });

const answerSchema = (schema: z.ZodType): Document => {
  const name = MODELS.get(schema);
  if (name !== undefined) return reference(name);
  if (schema instanceof z.ZodArray) {
    const item = MODELS.get(schema.element as z.ZodType);
    if (item !== undefined) return { type: "array", items: reference(item) };
  }
  return schemaOf(schema, "output");
};

const parametersOf = (schema: z.ZodType | undefined, place: "path" | "query"): Document[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = typeof property === "object" ? property : {};
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
};

const responseOf = ({ description, schema, mime }: Answer): Document => {
  if (schema === undefined && mime === undefined) return { description };
  const body = schema === undefined ? { type: "string" } : answerSchema(schema);
  return { description, content: { [mime ?? "application/json"]: { schema: body } } };
};

const PROBLEM: Document = {
  description: "what is wrong",
  content: { "application/problem+json": { schema: reference("Problem") } },
};

const responsesOf = (route: Route): Document => {
  const declared = Object.entries(route.answers).map(([status, answer]): [string, Document] => [
    status,
    Number(status) < 400 ? responseOf(answer) : { ...PROBLEM, description: answer.description },
  ]);
  const takesInput = [route.params, route.query, route.body].some((part) => part !== undefined);
  const common: [string, Document][] = [
    ...(takesInput
      ? [["422", { ...PROBLEM, description: "the request is not valid" }] as [string, Document]]
      : []),
    ...(route.isOpen === true
      ? []
      : [
          ["401", { ...PROBLEM, description: "no key, or none in force" }] as [string, Document],
          ["403", { ...PROBLEM, description: "not allowed" }] as [string, Document],
        ]),
    ["default", PROBLEM],
  ];
  return Object.fromEntries([...common, ...declared]);
};

const requestBody = (route: Route): Document => {
  if (route.rawBody !== undefined)
    return {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          route.rawBody.mimes.map((mime) => [
            mime,
            { schema: { type: "string", format: "binary" } },
          ]),
        ),
      },
    };
  if (route.body === undefined) return {};
  const schema = schemaOf(route.body, "input");
  return {
    requestBody: {
      required: Array.isArray(schema["required"]) || schema["type"] !== "object",
      content: { "application/json": { schema } },
    },
  };
};

/** `POST /threads/{thread_id}/runs` -> `post_threads_thread_id_runs`. */
const operationId = ({ method, path }: Route): string =>
  [method, ...path.split(/[^a-z0-9_]+/i)].filter((part) => part !== "").join("_");

const operationOf = (route: Route): Document => {
  const parameters = [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")];
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(route),
    responses: responsesOf(route),
    ...(route.isOpen === true ? { security: [] } : {}),
  };
};

export const openApiDocument = (routes: readonly Route[], version: string): Document => {
  const paths: Record<string, Document> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method] = operationOf(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tutti",
      version,
      summary: "LangGraph's Agent Server API",
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(
        [...MODELS].map(([schema, name]) => [name, schemaOf(schema, "output")]),
      ),
      securitySchemes: {
        key: { type: "apiKey", in: "header", name: "x-api-key" },
        token: { type: "http", scheme: "bearer" },
      },
    },
    security: [{ key: [] }, { token: [] }],
  };
};
