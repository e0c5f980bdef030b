// Campaign: pages in a real browser, built with LangChain's hooks, against a real server: useStream of
// @langchain/langgraph-sdk (runs and joins) and of @langchain/react (protocol v2, over SSE and a WebSocket).
//   npm run campaign -- clients [--form legacy|sse|websocket|own]
// It takes an installed Chromium (or Chrome); CHROMIUM names one. Without, it ends with code 3.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Client } from "@langchain/langgraph-sdk";
import { startTuttiServer } from "../fixtures/tutti-server.ts";
import { findChromium, startBrowser } from "./clients/browser.ts";
import { createChecks } from "./clients/check.ts";
import { openConversation } from "./clients/conversation.ts";
import { tryForm } from "./clients/forms.ts";
import { tryOrigins } from "./clients/origins.ts";
import { servePage } from "./clients/page-server.ts";

const NO_BROWSER = 3;
const FORMS = ["legacy", "sse", "websocket", "own"] as const;
const CONFIG = fileURLToPath(new URL("clients/graphs/langgraph.json", import.meta.url));

const { values } = parseArgs({ options: { form: { type: "string" } } });
const chromium = findChromium();
if (chromium === undefined) {
  console.error(
    "NOT RUN: there is no Chromium or Chrome on this machine; CHROMIUM may name one. Nothing was checked.",
  );
  process.exit(NO_BROWSER);
}

const pictures = mkdtempSync(join(tmpdir(), "tutti-clients-"));
const checks = createChecks();
const pages = await servePage();
const server = await startTuttiServer({ config: CONFIG });
const browser = await startBrowser(chromium);
try {
  const client = new Client({ apiUrl: server.url, apiKey: null });
  for (const name of FORMS.filter((form) => values.form === undefined || values.form === form))
    await tryForm({
      name,
      isLegacy: name === "legacy",
      client,
      checks,
      open: (graph) => {
        const address = new URL(
          `http://127.0.0.1:${pages.port}/${name === "own" ? "own" : "shared"}`,
        );
        address.search = new URLSearchParams({ form: name, api: server.url, graph }).toString();
        return openConversation(browser, address.href, pictures);
      },
    });
  if (values.form === undefined || values.form === "origins")
    await tryOrigins({ browser, checks, pictures, config: CONFIG, open: server, port: pages.port });
} finally {
  await browser.close();
  pages.close();
  await checks.check("the server ends by itself", async () => {
    if (!(await server.stop())) throw new Error(server.log());
  });
}
console.log(`pictures of each step are in ${pictures}`);
process.exitCode = checks.conclude("clients") ? 0 : 1;
