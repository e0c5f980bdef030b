// One endpoint: its method, path, schemas and answers in one place. The same declaration validates requests,
// authenticates them, and describes the endpoint in /openapi.json.
import type { Context } from "hono";
import type { z } from "zod";
import type { ErrorCode } from "../../errors.ts";
import type { JsonObject, Scope } from "../../storage/index.ts";
import type { Action, Principal, Resource } from "../access.ts";
import type { RouteGroup } from "../options.ts";
import type { Platform } from "../platform.ts";
import { codeOf, type FieldError, ProblemError, problemOf } from "../problem.ts";
import type { Limits } from "./limits.ts";
import { readJson } from "./read-body.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** One answer of an endpoint, for the document. */
export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Default `application/json` when there is a schema. */
  readonly mime?: string;
}

/** What every handler has at hand. */
export interface Server {
  readonly platform: Platform;
  readonly limits: Limits;
  /** Aborted when the server closes: streams end, and no run is cancelled for it. */
  readonly closing: AbortSignal;
}

export interface Call<Params, Query, Body> extends Server {
  readonly context: Context;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
  /** Whom limits are counted for: a key, or the address on an open server. */
  readonly caller: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  authorize<Value extends JsonObject>(
    resource: Resource,
    action: Action,
    value: Value,
  ): Promise<{ scope: Scope; value: Value }>;
}

export interface RouteSpec<Params, Query, Body> {
  readonly method: Method;
  /** As OpenAPI writes it: `/threads/{thread_id}`. */
  readonly path: string;
  readonly tag: string;
  readonly group?: RouteGroup;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** For the document, when the handler reads the body itself. */
  readonly rawBody?: { readonly mimes: readonly string[] };
  readonly answers: Readonly<Record<number, Answer>>;
  /** No authentication: what tells nothing about anybody. */
  readonly isOpen?: boolean;
  /** The clients' words for an error of the platform, where they rely on them. */
  readonly words?: Readonly<
    Partial<Record<ErrorCode, (call: { params: Params; body: Body }) => Words>>
  >;
  handle(call: Call<Params, Query, Body>): Promise<Response> | Response;
}

export interface Words {
  readonly detail: string;
  /** When the endpoint answers another status than the code's. */
  readonly status?: number;
}

export interface Who {
  readonly principal: Principal;
  readonly caller: string;
}

/** A route whose types are its own affair. */
export interface Route extends Omit<
  RouteSpec<never, never, never>,
  "handle" | "words" | "params" | "query" | "body"
> {
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  run(server: Server, context: Context, who: Who): Promise<Response>;
}

const fieldErrors = (place: string, error: z.ZodError): FieldError[] =>
  error.issues.map((issue) => ({
    field: [place, ...issue.path.map(String)].join("."),
    message: issue.message,
  }));

const MAX_ERRORS_IN_DETAIL = 3;

export const invalidRequest = (errors: readonly FieldError[]): ProblemError =>
  new ProblemError({
    status: 422,
    code: "REQUEST_INVALID",
    detail: `the request is not valid: ${errors
      .slice(0, MAX_ERRORS_IN_DETAIL)
      .map(({ field, message }) => `${field}: ${message}`)
      .join("; ")}`,
    hint: "errors lists each field; /docs says what the endpoint takes",
    errors,
  });

const isZodError = (error: unknown): error is z.ZodError =>
  error instanceof Error && /^\$?ZodError$/.test(error.name) && "issues" in error;

/** Values that a graph's own schema refuses are the client's to mend, field by field. */
export const refusedAt = async <Result>(place: string, work: Promise<Result>): Promise<Result> => {
  try {
    return await work;
  } catch (error) {
    throw isZodError(error) ? invalidRequest(fieldErrors(place, error)) : error;
  }
};

const parse = <Output>(
  place: string,
  schema: z.ZodType<Output> | undefined,
  value: unknown,
): Output => {
  if (schema === undefined) return undefined as Output;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidRequest(fieldErrors(place, parsed.error));
  return parsed.data;
};

/** A query parameter that comes several times is an array. */
const queryOf = (context: Context): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(context.req.queries()).map(([name, values]) => {
      const [first] = values;
      return [name, values.length === 1 && first !== undefined ? first : values];
    }),
  );

const rephrased = <Params, Query, Body>(
  spec: RouteSpec<Params, Query, Body>,
  call: { params: Params; body: Body },
  error: unknown,
): unknown => {
  const code = codeOf(error);
  const words = code === undefined ? undefined : spec.words?.[code]?.(call);
  return words === undefined ? error : new ProblemError({ ...problemOf(error), ...words });
};

export const route = <Params = undefined, Query = undefined, Body = undefined>(
  spec: RouteSpec<Params, Query, Body>,
): Route => {
  const { handle: _handle, words: _words, ...described } = spec;
  return {
    ...described,
    run: async (server, context, who) => {
      const params = parse("path", spec.params, context.req.param());
      const query = parse("query", spec.query, queryOf(context));
      const body =
        spec.body === undefined
          ? (undefined as Body)
          : parse("body", spec.body, await readJson(context, server.limits.maxBodyBytes));
      const call: Call<Params, Query, Body> = {
        ...server,
        context,
        params,
        query,
        body,
        ...who,
        signal: context.req.raw.signal,
        authorize: (resource, action, value) =>
          server.platform.access.authorize(who.principal, resource, action, value),
      };
      try {
        return await spec.handle(call);
      } catch (error) {
        throw rephrased(spec, call, error);
      }
    },
  };
};
