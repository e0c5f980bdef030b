// npm run campaign -- NAME [--seed N] [--count N]: long runs, each a script beside this one.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && name !== "main.ts" && !name.endsWith("-worker.ts"))
  .map((name) => basename(name, ".ts"));

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`npm run campaign -- NAME [--seed N] [--count N]; there are: ${names.join(", ")}`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [`${folder}${name}.ts`, ...rest], {
  stdio: "inherit",
});
process.exit(status ?? 1);
