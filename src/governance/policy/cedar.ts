// Cedar, loaded when a policy is first read: most commands need none of it.
import { createRequire } from "node:module";
import type * as Cedar from "@cedar-policy/cedar-wasm/nodejs";

const require = createRequire(import.meta.url);
let loaded: typeof Cedar | undefined;

export const cedar = (): typeof Cedar => {
  loaded ??= require("@cedar-policy/cedar-wasm/nodejs") as typeof Cedar;
  return loaded;
};
