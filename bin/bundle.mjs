// The bundle: 800 small files become a few, which start several times faster. It is used only while
// the sources are exactly those it was built from, so that what runs is always what stands there.
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(project, "dist");
/** Names the folder of the bundle that is in use. */
const pointer = join(dist, "current");

const SOURCES = ["src", "graphs", "checkpoints", "package.json", "package-lock.json", "bin"];
const isCode = (name) => /\.(ts|mjs|json)$/.test(name);

const filesOf = (path) => {
  const found = readdirSync(path, { withFileTypes: true });
  return found.flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return filesOf(inside);
    return isCode(entry.name) ? [inside] : [];
  });
};

/** Changes with every file that is added, removed, edited or put back; reads no contents. */
const signature = () => {
  const hash = createHash("sha256");
  for (const name of SOURCES) {
    const path = join(project, name);
    const files = statSync(path).isDirectory() ? filesOf(path).sort() : [path];
    for (const file of files) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file.slice(project.length)}:${size}:${mtimeMs}\n`);
    }
  }
  return hash.digest("hex").slice(0, 16);
};

const current = () => {
  try {
    return readFileSync(pointer, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** Folder of the bundle made from exactly these sources, or undefined. */
export const freshBundle = () => {
  const name = current();
  return name !== undefined && name === signature() ? join(dist, name) : undefined;
};

/** Packages that are loaded as they are: native code, WebAssembly, or files beside them. */
const EXTERNAL = [
  "@cedar-policy/cedar-wasm",
  "better-sqlite3",
  "@duckdb/*",
  "@resvg/resvg-js",
  "pdfkit",
  "pg",
  "sqlite-vec",
  "unpdf",
  "dejavu-fonts-ttf",
  "esbuild",
];

const bundleInto = async (outdir) => {
  const { build: bundle } = await import("esbuild");
  const graphs = readdirSync(join(project, "graphs")).filter((name) => name.endsWith(".ts"));
  await bundle({
    absWorkingDir: project,
    // Graphs are entries of the same split bundle: LangGraph must not be loaded twice.
    entryPoints: [
      "src/compose/cli.ts",
      "src/tools/report/chart-worker.ts",
      ...graphs.map((name) => `graphs/${name}`),
    ],
    outdir,
    outbase: ".",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.18",
    external: EXTERNAL,
    logLevel: "warning",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  // What the sources call by a name of package.json, the bundle finds in its own tree.
  const { imports } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  const bundled = Object.entries(imports).map(([name, path]) => [
    name,
    path.replace(/\.ts$/, ".js"),
  ]);
  writeFileSync(
    join(outdir, "package.json"),
    JSON.stringify({ type: "module", imports: Object.fromEntries(bundled) }),
  );
};

/** Builds the bundle anew. One that a running process was started from stays until the next build. */
export const build = async () => {
  const name = signature();
  const before = current();
  const outdir = join(dist, name);
  mkdirSync(dist, { recursive: true });
  rmSync(outdir, { recursive: true, force: true });
  await bundleInto(outdir);
  const unfinished = `${pointer}.${process.pid}`;
  writeFileSync(unfinished, name);
  renameSync(unfinished, pointer);
  const keep = new Set(["current", name, before]);
  for (const old of readdirSync(dist).filter((entry) => !keep.has(entry)))
    rmSync(join(dist, old), { recursive: true, force: true });
};
