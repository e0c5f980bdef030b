// Components of a graph's own for chat pages (langgraph.json `ui`): a page asks for one by name and gets a
// script tag; the script renders it into the element that the page has made for it.
import { z } from "zod";
import { ProblemError } from "../problem.ts";
import type { UiBundle, UiBundles } from "../ui-bundles.ts";
import { type Route, route } from "../http/define-route.ts";

const tag = "UI";

const missing = (detail: string): ProblemError =>
  new ProblemError({
    status: 404,
    code: "ROUTE_NOT_FOUND",
    detail,
    hint: "`ui` in langgraph.json names the graphs that have components",
  });

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "'": "&#39;",
  "<": "&lt;",
  ">": "&gt;",
};
/** For an attribute in single quotes. */
const escaped = (text: string): string =>
  text.replaceAll(/[&'<>]/g, (char) => ESCAPES[char] ?? char);

const isLocal = (host: string): boolean => /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(host);

/** The page is another origin's: files are named with this server's address. */
const elements = (
  { global, files }: UiBundle,
  { host, graph, component }: { host: string; graph: string; component: string },
): string => {
  const folder = `${isLocal(host) ? "http:" : ""}//${host}/ui/${encodeURIComponent(graph)}`;
  const call = escaped(`${global}.render(${JSON.stringify(component)}, "{{shadowRootId}}")`);
  const styles = files.filter(({ name }) => name.endsWith(".css"));
  const scripts = files.filter(({ name }) => name.endsWith(".js"));
  return [
    ...styles.map(({ name }) => `<link rel="stylesheet" href="${folder}/${name}" />`),
    ...scripts.map(({ name }) => `<script src="${folder}/${name}" onload='${call}'></script>`),
  ].join("\n");
};

const component = (bundles: UiBundles): Route =>
  route({
    method: "post",
    path: "/ui/{graph}",
    tag,
    summary: "The elements that load a component of a graph",
    params: z.object({ graph: z.string() }),
    body: z.object({ name: z.string() }),
    answers: {
      200: { description: "link and script elements", mime: "text/html" },
      404: { description: "the graph has no components" },
    },
    handle: async ({ params: { graph }, body, context }) => {
      const bundle = await bundles(graph);
      if (bundle === undefined) throw missing(`UI not found for agent "${graph}"`);
      const host = context.req.header("host") ?? "localhost";
      return new Response(elements(bundle, { host, graph, component: body.name }), {
        headers: { "content-type": "text/html; charset=utf-8" },
      });
    },
  });

const file = (bundles: UiBundles): Route =>
  route({
    method: "get",
    path: "/ui/{graph}/{file}",
    tag,
    summary: "A file of a graph's components",
    params: z.object({ graph: z.string(), file: z.string() }),
    // Script elements bring no key.
    isOpen: true,
    answers: {
      200: { description: "script or style sheet", mime: "text/javascript" },
      404: { description: "no such file" },
    },
    handle: async ({ params }) => {
      const files = (await bundles(params.graph))?.files ?? [];
      const found = files.find(({ name }) => name === params.file);
      if (found === undefined) throw missing("File not found");
      return new Response(found.content, {
        headers: { "content-type": found.mime, "x-content-type-options": "nosniff" },
      });
    },
  });

export const uiRoutes = (bundles: UiBundles | undefined): readonly Route[] =>
  bundles === undefined ? [] : [component(bundles), file(bundles)];
