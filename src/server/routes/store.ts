// The long-term store: items by namespace and key.
import { z } from "zod";
import type { BaseStore } from "@langchain/langgraph";
import type { Item } from "@langchain/langgraph-checkpoint";
import type { JsonObject, MetadataFilter, Scope } from "../../storage/index.ts";
import { json, noContent } from "../http/answer.ts";
import { type Route, route } from "../http/define-route.ts";
import { AnyObject, QueryFlag } from "../http/schema.ts";
import { ProblemError } from "../problem.ts";
import { WireItem, wireItem } from "../wire/item.ts";
import { matchesFilter } from "./match-filter.ts";

const tag = "Store";
const group = "store";
const Labels = z.array(z.string().max(1_000)).max(100);
const Key = z.string().min(1).max(1_000);
const MAX_OFFSET = 1_000_000;
const MINUTE_MS = 60_000;

const refuse = (status: 400 | 422, detail: string): ProblemError =>
  new ProblemError({ status, code: "REQUEST_INVALID", detail });

/** Labels are joined by dots in queries; the engine's own root and separators are kept from clients. */
const checkNamespace = (namespace: readonly string[], mayBeEmpty: boolean): void => {
  if (namespace.length === 0) {
    if (mayBeEmpty) return;
    throw refuse(400, "Namespace is required");
  }
  if (namespace.some((label) => label === "" || label.includes(".")))
    throw refuse(
      422,
      `Namespace labels cannot be empty or contain periods. Received: ${namespace.join(".")}`,
    );
  if (namespace.some((label) => label.includes(":") || label.includes("\0")))
    throw refuse(422, "Namespace labels cannot contain colons or NUL");
  if (namespace[0] === "langgraph") throw refuse(422, 'The namespace "langgraph" is reserved');
};

const documentOf = (item: Pick<Item, "namespace" | "key" | "value">): JsonObject => ({
  ...item.value,
  namespace: item.namespace,
  key: item.key,
});

const isString = (value: unknown): value is string => typeof value === "string";

const labelsIn = (value: unknown, otherwise: readonly string[]): string[] =>
  Array.isArray(value) && value.every(isString) ? value : [...otherwise];

/** Refuses to touch what is hidden (404) and to write where the caller may not (403). */
const checkPlace = async (
  store: BaseStore,
  scope: Scope,
  target: { namespace: string[]; key: string; value?: JsonObject },
): Promise<void> => {
  if (scope.filter === undefined) return;
  const before = await store.get(target.namespace, target.key);
  if (before !== null && !matchesFilter(documentOf(before), scope.filter))
    throw new ProblemError({ status: 404, code: "ITEM_NOT_FOUND", detail: "Item not found" });
  const isNew = before === null || target.value !== undefined;
  const after = { ...target.value, namespace: target.namespace, key: target.key };
  if (isNew && !matchesFilter(after, scope.filter))
    throw new ProblemError({ status: 403, code: "FORBIDDEN", detail: "Not authorized" });
};

const put = route({
  method: "put",
  path: "/store/items",
  tag,
  group,
  summary: "Put an item",
  body: z.object({
    namespace: Labels,
    key: Key,
    value: AnyObject,
    index: z.union([z.literal(false), z.array(z.string().max(1_000)).max(100)]).nullish(),
    ttl: z
      .number()
      .positive()
      .max(MAX_OFFSET * 10)
      .nullish()
      .describe("minutes"),
  }),
  answers: { 204: { description: "it is stored" } },
  handle: async ({ body, authorize, platform }) => {
    checkNamespace(body.namespace, false);
    const { scope, value } = await authorize("store", "put", {
      namespace: body.namespace,
      key: body.key,
      value: body.value,
    });
    const namespace = labelsIn(value["namespace"], body.namespace);
    checkNamespace(namespace, false);
    const key = isString(value["key"]) ? value["key"] : body.key;
    const written = AnyObject.safeParse(value["value"]);
    const item = { namespace, key, value: written.success ? written.data : body.value };
    const store = platform.store(scope.tenant);
    await checkPlace(store, scope, item);
    const operation = {
      ...item,
      ...(body.index === null || body.index === undefined ? {} : { index: body.index }),
      ...(typeof body.ttl === "number" ? { ttl: body.ttl * MINUTE_MS } : {}),
    };
    await store.batch([operation]);
    return noContent();
  },
});

const get = route({
  method: "get",
  path: "/store/items",
  tag,
  group,
  summary: "Get an item",
  query: z.object({
    namespace: z.string().max(10_000).optional().describe("labels, joined by dots"),
    key: Key,
    refresh_ttl: QueryFlag,
  }),
  answers: { 200: { description: "the item, or null", schema: WireItem.nullable() } },
  handle: async ({ query, authorize, platform }) => {
    const asked = query.namespace === undefined ? [] : query.namespace.split(".");
    const { scope, value } = await authorize("store", "get", { namespace: asked, key: query.key });
    const namespace = labelsIn(value["namespace"], asked);
    checkNamespace(namespace, true);
    const key = isString(value["key"]) ? value["key"] : query.key;
    const item =
      namespace.length === 0 ? null : await platform.store(scope.tenant).get(namespace, key);
    if (item === null) return json(null);
    if (!matchesFilter(documentOf(item), scope.filter))
      throw new ProblemError({ status: 404, code: "ITEM_NOT_FOUND", detail: "Item not found" });
    return json(wireItem(item));
  },
});

const remove = route({
  method: "delete",
  path: "/store/items",
  tag,
  group,
  summary: "Delete an item",
  body: z.object({ namespace: Labels.nullish(), key: Key }),
  answers: { 204: { description: "it is gone, or was not there" } },
  handle: async ({ body, authorize, platform }) => {
    const asked = body.namespace ?? [];
    const { scope, value } = await authorize("store", "delete", {
      namespace: asked,
      key: body.key,
    });
    const namespace = labelsIn(value["namespace"], asked);
    checkNamespace(namespace, true);
    if (namespace.length === 0) return noContent();
    const key = isString(value["key"]) ? value["key"] : body.key;
    const store = platform.store(scope.tenant);
    await checkPlace(store, scope, { namespace, key });
    await store.delete(namespace, key);
    return noContent();
  },
});

const SCAN_PAGE = 500;
const MAX_SCANNED = 10_000;

/** A page of what the filter lets through, read in pages of what there is. */
const filteredPage = async <Row>(
  page: { limit: number; offset: number },
  read: (page: { limit: number; offset: number }) => Promise<Row[]>,
  isVisible: ((row: Row) => boolean) | undefined,
): Promise<Row[]> => {
  const { limit, offset: first } = page;
  if (isVisible === undefined) return await read({ limit, offset: first });
  const found: Row[] = [];
  for (let offset = 0; offset < MAX_SCANNED; offset += SCAN_PAGE) {
    const rows = await read({ limit: SCAN_PAGE, offset });
    found.push(...rows.filter(isVisible));
    if (rows.length < SCAN_PAGE || found.length >= first + limit)
      return found.slice(first, first + limit);
  }
  throw refuse(400, "too much to look through: narrow the namespace or the filter");
};

const visible = <Row>(
  filter: MetadataFilter | undefined,
  document: (row: Row) => JsonObject,
): ((row: Row) => boolean) | undefined =>
  filter === undefined ? undefined : (row) => matchesFilter(document(row), filter);

const search = route({
  method: "post",
  path: "/store/items/search",
  tag,
  group,
  summary: "Search items",
  body: z.object({
    namespace_prefix: Labels,
    filter: AnyObject.nullish(),
    limit: z.int().min(1).max(1_000).default(10),
    offset: z.int().min(0).max(MAX_OFFSET).default(0),
    query: z.string().max(100_000).nullish(),
    refresh_ttl: z.boolean().nullish(),
  }),
  answers: { 200: { description: "items", schema: z.object({ items: z.array(WireItem) }) } },
  handle: async ({ body, authorize, platform }) => {
    checkNamespace(body.namespace_prefix, true);
    const { scope, value } = await authorize("store", "search", {
      namespace: body.namespace_prefix,
      filter: body.filter ?? null,
      limit: body.limit,
      offset: body.offset,
      query: body.query ?? null,
    });
    const prefix = labelsIn(value["namespace"], body.namespace_prefix);
    const store = platform.store(scope.tenant);
    const items = await filteredPage(
      body,
      (page) =>
        store.search(prefix, {
          ...page,
          ...(body.filter === null || body.filter === undefined ? {} : { filter: body.filter }),
          ...(typeof body.query === "string" ? { query: body.query } : {}),
        }),
      visible(scope.filter, documentOf),
    );
    return json({ items: items.map(wireItem) });
  },
});

const namespaces = route({
  method: "post",
  path: "/store/namespaces",
  tag,
  group,
  summary: "List namespaces",
  body: z.object({
    prefix: Labels.nullish(),
    suffix: Labels.nullish(),
    max_depth: z.int().min(1).max(100).nullish(),
    limit: z.int().min(1).max(1_000).default(100),
    offset: z.int().min(0).max(MAX_OFFSET).default(0),
  }),
  answers: {
    200: {
      description: "namespaces",
      schema: z.object({ namespaces: z.array(z.array(z.string())) }),
    },
  },
  handle: async ({ body, authorize, platform }) => {
    const asked = body.prefix ?? [];
    checkNamespace(asked, true);
    checkNamespace(body.suffix ?? [], true);
    const { scope, value } = await authorize("store", "list_namespaces", {
      namespace: asked,
      suffix: body.suffix ?? null,
      max_depth: body.max_depth ?? null,
      limit: body.limit,
      offset: body.offset,
    });
    const prefix = labelsIn(value["namespace"], asked);
    const store = platform.store(scope.tenant);
    const found = await filteredPage(
      body,
      (page) =>
        store.listNamespaces({
          ...page,
          ...(prefix.length === 0 ? {} : { prefix }),
          ...(body.suffix === null || body.suffix === undefined || body.suffix.length === 0
            ? {}
            : { suffix: body.suffix }),
          ...(typeof body.max_depth === "number" ? { maxDepth: body.max_depth } : {}),
        }),
      visible(scope.filter, (namespace: string[]) => ({ namespace })),
    );
    return json({ namespaces: found });
  },
});

export const storeRoutes: readonly Route[] = [put, get, remove, search, namespaces];
