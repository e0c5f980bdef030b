#!/usr/bin/env node
// Starts Tutti on a Node that can run it: the project's own when the machine's is too old. Runs the
// bundle when it is there and fresh, else the sources as they are.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(import.meta.url);
const project = join(dirname(here), "..");
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  const own = join(project, "node_modules/node/bin/node");
  if (!existsSync(own)) {
    console.error(
      `Tutti needs Node 22.18 or later; this is ${process.versions.node}. Run npm ci, which brings one.`,
    );
    process.exit(2);
  }
  const { status, signal } = spawnSync(own, [here, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(signal === null ? (status ?? 1) : 130);
}

if (process.argv.length === 3 && process.argv[2] === "--version") {
  console.log(JSON.parse(readFileSync(join(project, "package.json"), "utf8")).version);
} else {
  enableCompileCache();
  const { freshBundle } = await import(pathToFileURL(join(project, "bin/bundle.mjs")).href);
  const entry = freshBundle() ?? join(project, "src/compose/cli.ts");
  const { main } = await import(pathToFileURL(entry).href);
  await main();
}
