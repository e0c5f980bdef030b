// Bundles the page and serves it, from another origin than the server it talks to.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const PAGE = fileURLToPath(new URL("page/main.tsx", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

const oneSdk: Plugin = {
  name: "one-sdk",
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^@langchain\/langgraph-sdk/ }, ({ path, kind, pluginData }) =>
      pluginData === "resolving"
        ? undefined
        : resolve(path, { kind, resolveDir: HERE, pluginData: "resolving" }),
    ),
};

const STYLE = `body{font:15px system-ui;margin:1.5rem;max-width:48rem}
li{margin:.3rem 0}.call{background:#eef;padding:.1rem .4rem;margin:0 .3rem}
#question{border:2px solid #c80;padding:.5rem;margin:.5rem 0}#error{color:#b00}`;

const html = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Conversation</title><style>${STYLE}</style>` +
  `<div id="root"></div><script type="module" src="${script}"></script>`;

/** `isShared`: every hook over the SDK this project depends on; else each over the one it brings. */
const bundle = async (isShared: boolean): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [PAGE],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: isShared ? [oneSdk] : [],
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
};

export interface PageServer {
  readonly port: number;
  close(): void;
}

export const servePage = async (): Promise<PageServer> => {
  const scripts: Readonly<Record<string, string>> = {
    "/shared.js": await bundle(true),
    "/own.js": await bundle(false),
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const script = scripts[pathname];
    const type = script === undefined ? "text/html" : "text/javascript";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8` });
    response.end(script ?? html(pathname === "/own" ? "/own.js" : "/shared.js"));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
