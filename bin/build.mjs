// npm run build, and what `npm ci` runs at its end. It must not fail an install that has no esbuild
// (npm ci --omit=dev) or an old Node: the sources run without a bundle, only slower to start.
import { build } from "./bundle.mjs";

const isOld = Number(process.versions.node.split(".")[0]) < 22;
try {
  if (isOld) console.error("No bundle: this Node is too old to build it.");
  else await build();
} catch (error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error("No bundle: esbuild is not installed. Tutti runs from its sources.");
}
