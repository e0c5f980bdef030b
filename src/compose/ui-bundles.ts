// Components that a project's graphs show in chat pages (langgraph.json `ui`), bundled for browsers when one is
// first asked for. React and the SDK are the page's: a component uses those it is shown in.
import { createRequire } from "node:module";
import { basename, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";
import { messageOf, TuttiError } from "../errors.ts";
import type { UiBundle, UiBundles } from "../server/index.ts";

type Esbuild = Pick<typeof import("esbuild"), "build">;

/** The project's own bundler, or else the one this program is built with. */
const loadEsbuild = async (folder: string): Promise<Esbuild> => {
  const find = createRequire(join(folder, "langgraph.json"));
  try {
    return (await import(pathToFileURL(find.resolve("esbuild")).href)) as Esbuild;
  } catch {
    // Looked for among our own next, where the same message would say why.
  }
  try {
    return await import("esbuild");
  } catch (error) {
    throw new TuttiError("CONFIG_INVALID", "langgraph.json: `ui` needs esbuild to be bundled", {
      hint: "npm install --save-dev esbuild, or take `ui` out",
      cause: error,
    });
  }
};

/** What the page lends by `LGUI_REQUIRE`. */
const SHARED = ["react", "react-dom", "@langchain/langgraph-sdk"];

const lentBy = (shared: readonly string[]): Plugin => ({
  name: "lent-by-the-page",
  setup: (build) => {
    build.onResolve({ filter: /^[@\w]/ }, ({ path }) =>
      shared.some((name) => path === name || path.startsWith(`${name}/`))
        ? { path, namespace: "lent" }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "lent" }, ({ path }) => ({
      contents: `module.exports = globalThis[Symbol.for("LGUI_REQUIRE")](${JSON.stringify(path)});`,
    }));
  },
});

/** Renders a component into the shadow root that the page has made, through the page's store. */
const entryOf = (path: string): string => `
import components from ${JSON.stringify(path)};
export const render = (name, shadowRootId) => {
  const target = document.createElement("div");
  document.getElementById(shadowRootId).shadowRoot.appendChild(target);
  window[Symbol.for("LGUI_EXT_STORE")].respond(shadowRootId, components[name], target);
};`;

const optionsOf = (
  folder: string,
  path: string,
  global: string,
  shared: readonly string[],
): BuildOptions & { write: false } => ({
  stdin: { contents: entryOf(path), resolveDir: folder, loader: "js" },
  absWorkingDir: folder,
  outfile: join(folder, "entrypoint.js"),
  write: false,
  bundle: true,
  minify: true,
  format: "iife",
  globalName: global,
  platform: "browser",
  target: "es2020",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "silent",
  plugins: [lentBy(shared)],
});

const MIMES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

export interface UiSetup {
  /** Of the langgraph.json. */
  readonly folder: string;
  /** Graph to the file whose default export is its components by name. */
  readonly components: Readonly<Record<string, string>>;
  /** More packages that the page lends. */
  readonly shared?: readonly string[] | undefined;
}

/** Throws CONFIG_INVALID: no bundler, or a file outside of the project. */
export const createUiBundles = async (setup: UiSetup): Promise<UiBundles> => {
  const { folder, components, shared = [] } = setup;
  for (const path of Object.values(components))
    if (!resolve(folder, path).startsWith(resolve(folder) + sep))
      throw new TuttiError("CONFIG_INVALID", `langgraph.json: ui: ${path} is not in the project`);
  const esbuild = await loadEsbuild(folder);
  const bundled = async (graph: string): Promise<UiBundle> => {
    const global = `__LGUI_${graph.replaceAll(/[^a-zA-Z0-9]/g, "_")}`;
    const path = resolve(folder, components[graph] ?? "");
    const options = optionsOf(folder, path, global, [...SHARED, ...shared]);
    const { outputFiles } = await esbuild.build(options).catch((error: unknown) => {
      const why = `the components of ${graph} cannot be bundled: ${messageOf(error)}`;
      throw new TuttiError("CONFIG_INVALID", why, { cause: error });
    });
    const files = outputFiles.map((output) => {
      const name = basename(output.path);
      const mime = MIMES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
      return { name, mime, content: Uint8Array.from(output.contents) };
    });
    return { global, files };
  };
  const known = new Map<string, Promise<UiBundle>>();
  return async (graph) => {
    if (!Object.hasOwn(components, graph)) return undefined;
    const bundle = known.get(graph) ?? bundled(graph);
    known.set(graph, bundle);
    return await bundle;
  };
};
