#!/usr/bin/env node
// Starts Tutti on a Node that can run it: the project's own when the machine's is too old. Runs the
// bundle when there is one of exactly these sources, else the sources as they are.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import nodeModule from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";

const here = fileURLToPath(import.meta.url);
const project = join(dirname(here), "..");
const [major, minor] = process.versions.node.split(".").map(Number);
const isOld = major < 22 || (major === 22 && minor < 18);

/** Hands everything to a newer Node: arguments, terminal, signals, exit code. */
const runOn = (node) => {
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: "inherit" });
  child.once("error", (error) => {
    console.error(`${node} cannot be started: ${error.message}`);
    process.exitCode = 4;
  });
  child.once("exit", (code, signal) => {
    process.exitCode = signal === null ? (code ?? 4) : 128 + (constants.signals[signal] ?? 0);
  });
  // A terminal's Ctrl-C reaches the child by itself too; it takes the two for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
};

/**
 * What lives long collects its garbage early: V8 would rather let a process of 60 MB grow to 350 first. The
 * young generation stays small. It halves the memory, for up to a fifth more CPU.
 */
const staySmall = () => {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=60");
};

const run = async () => {
  nodeModule.enableCompileCache();
  const { freshBundle } = await import(pathToFileURL(join(project, "bin/bundle.mjs")).href);
  const root = freshBundle();
  const entry =
    root === undefined ? join(project, "src/compose/cli.ts") : join(root, "src/compose/cli.js");
  const { main } = await import(pathToFileURL(entry).href);
  if (["serve", "worker"].includes(process.argv[2])) staySmall();
  await main(root);
};

if (process.argv.length === 3 && process.argv[2] === "--version")
  console.log(JSON.parse(readFileSync(join(project, "package.json"), "utf8")).version);
else if (!isOld) await run();
else {
  const own = join(project, "node_modules/node/bin/node");
  if (existsSync(own)) runOn(own);
  else {
    console.error(
      `Tutti needs Node 22.18 or later; this is ${process.versions.node}. Run npm ci, which brings one.`,
    );
    process.exitCode = 2;
  }
}
