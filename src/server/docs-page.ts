// The readable form of the OpenAPI document: one page, nothing from elsewhere, no script.
import type { Route } from "./http/define-route.ts";

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,currentColor 6%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:2rem 1rem}
h1{margin:0}h2{margin:2.5rem 0 .5rem}nav a{margin-right:1rem}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;overflow:hidden}
summary{cursor:pointer;padding:.5rem .75rem;display:flex;gap:.75rem;flex-wrap:wrap;align-items:baseline}
summary:focus-visible{outline:2px solid;outline-offset:-2px}
details>div{padding:.25rem .75rem .75rem;border-top:1px solid var(--line)}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:var(--soft);padding:.75rem;border-radius:6px;overflow:auto;max-height:28rem}
b.m{font:700 13px ui-monospace,monospace;min-width:4.5em}table{border-collapse:collapse}td,th{text-align:left;padding:.15rem .9rem .15rem 0;vertical-align:top}
.o{opacity:.75}`;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fieldsAt = (value: unknown, ...path: string[]): Fields => {
  let found: unknown = value;
  for (const step of path) found = isFields(found) ? found[step] : undefined;
  return isFields(found) ? found : {};
};

const typeName = (schema: Fields): string => {
  const { type, enum: options, anyOf, $ref, format } = schema;
  if (Array.isArray(options)) return options.map((option) => JSON.stringify(option)).join(" | ");
  if (typeof $ref === "string") return $ref.split("/").at(-1) ?? "object";
  if (Array.isArray(anyOf))
    return anyOf.map((part) => (isFields(part) ? typeName(part) : "")).join(" | ");
  if (type === "array") return `${typeName(fieldsAt(schema, "items"))}[]`;
  return typeof type === "string" ? (typeof format === "string" ? format : type) : "any";
};

const parameterRows = (operation: Fields): string => {
  const parameters = Array.isArray(operation["parameters"]) ? operation["parameters"] : [];
  if (parameters.length === 0) return "";
  const rows = parameters.filter(isFields).map((parameter) => {
    const about = typeof parameter["description"] === "string" ? parameter["description"] : "";
    return `<tr><td><code>${escaped(String(parameter["name"]))}</code></td><td>${escaped(String(parameter["in"]))}${parameter["required"] === true ? "" : ", optional"}</td><td><code>${escaped(typeName(fieldsAt(parameter, "schema")))}</code> ${escaped(about)}</td></tr>`;
  });
  return `<h4>Parameters</h4><table>${rows.join("")}</table>`;
};

const bodyText = (operation: Fields): string => {
  const content = fieldsAt(operation, "requestBody", "content");
  const schema = fieldsAt(content, "application/json", "schema");
  if (Object.keys(schema).length > 0)
    return `<h4>Body</h4><pre>${escaped(JSON.stringify(schema, null, 2))}</pre>`;
  const mimes = Object.keys(content);
  return mimes.length === 0 ? "" : `<h4>Body</h4><p><code>${escaped(mimes.join(", "))}</code></p>`;
};

const answerRows = (operation: Fields): string => {
  const rows = Object.entries(fieldsAt(operation, "responses")).map(([status, answer]) => {
    const [mime, content] = Object.entries(fieldsAt(answer, "content"))[0] ?? [];
    const type = mime === "application/json" ? typeName(fieldsAt(content, "schema")) : (mime ?? "");
    const about = isFields(answer) ? String(answer["description"]) : "";
    return `<tr><td><code>${escaped(status)}</code></td><td>${escaped(about)}</td><td><code>${escaped(type)}</code></td></tr>`;
  });
  return `<h4>Answers</h4><table>${rows.join("")}</table>`;
};

const operationText = (route: Route, document: Fields): string => {
  const operation = fieldsAt(document, "paths", route.path, route.method);
  const about = route.description === undefined ? "" : `<p>${escaped(route.description)}</p>`;
  return `<details><summary><b class="m">${route.method.toUpperCase()}</b><code>${escaped(route.path)}</code><span class="o">${escaped(route.summary)}</span></summary><div>${about}${parameterRows(operation)}${bodyText(operation)}${answerRows(operation)}</div></details>`;
};

export const docsPage = (routes: readonly Route[], document: Fields): string => {
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const anchor = (tag: string): string => tag.toLowerCase().replaceAll(" ", "-");
  const links = tags.map((tag) => `<a href="#${anchor(tag)}">${escaped(tag)}</a>`).join("");
  const groups = tags.map((tag) => {
    const own = routes.filter((route) => route.tag === tag);
    return `<section><h2 id="${anchor(tag)}">${escaped(tag)}</h2>${own.map((route) => operationText(route, document)).join("")}</section>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Tutti: API</title><style>${STYLE}</style></head><body><header><h1>Tutti</h1><p>LangGraph's Agent Server API. For programs: <a href="/openapi.json">openapi.json</a>.</p><nav aria-label="Groups">${links}</nav></header><main>${groups.join("")}</main></body></html>`;
};
