// The import rule: a file imports its own folder, or a strictly lower layer through that folder's
// index.ts; no cycles. checkpoints/ and graphs/ have rules of their own.
import { globSync, readFileSync } from "node:fs";
import { cruise } from "dependency-cruiser";

const LAYERS: Readonly<Record<string, number>> = {
  errors: 0,
  clock: 0,
  protocol: 0,
  ports: 0,
  models: 1,
  tools: 1,
  verification: 1,
  artifacts: 1,
  governance: 1,
  storage: 1,
  outbound: 1,
  observability: 1,
  agents: 2,
  orchestrator: 2,
  runs: 2,
  cli: 3,
  server: 3,
  compose: 4,
};

interface Edge {
  from: string;
  to: string;
  circular: boolean;
}

const edges = async (): Promise<{ files: number; edges: Edge[] }> => {
  const { output } = await cruise(["src", "graphs", "checkpoints"], {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js", ".json"],
      conditionNames: ["import", "node", "default", "types"],
      exportsFields: ["exports"],
    },
    ruleSet: { forbidden: [{ name: "circular", from: {}, to: { circular: true } }] },
    validate: true,
  });
  if (typeof output === "string") throw new Error("dependency-cruiser gave no modules");
  return {
    files: output.modules.length,
    edges: output.modules.flatMap((module) =>
      module.dependencies
        .filter(({ couldNotResolve, coreModule }) => !couldNotResolve && !coreModule)
        .map(({ resolved, circular }) => ({ from: module.source, to: resolved, circular })),
    ),
  };
};

/** `src/models/offline/x.ts` -> `models`; `src/errors.ts` -> `errors`. */
const folderOf = (path: string): string =>
  path.startsWith("src/")
    ? (path.split("/")[1] ?? "").replace(/\.ts$/, "")
    : (path.split("/")[0] ?? "");

const isIndex = (path: string): boolean =>
  /^src\/[^/]+\/index\.ts$/.test(path) || /^src\/[^/]+\.ts$/.test(path);

/** Why an import is not allowed, or undefined. */
const problem = ({ from, to }: Edge): string | undefined => {
  const [source, target] = [folderOf(from), folderOf(to)];
  if (source === target) return undefined;
  if (source === "checkpoints") return "checkpoints/ imports nothing from the platform";
  if (target === "graphs") return "graphs/ are loaded by the registry, never imported";
  if (target === "checkpoints")
    return source === "compose" ? undefined : "only compose imports checkpoints/";
  if (source === "graphs") {
    if (to === "src/compose/services.ts") return undefined;
    return LAYERS[target] === 2 && isIndex(to)
      ? undefined
      : "graphs/ import L2 folders and src/compose/services.ts";
  }
  const [above, below] = [LAYERS[source], LAYERS[target]];
  if (above === undefined) return `src/${source} has no layer: add it to the table`;
  if (below === undefined) return `src/${target} has no layer: add it to the table`;
  const isContract = above === 0 && below === 0;
  if (below >= above && !isContract) return "imports the same layer or a higher one";
  return isIndex(to) ? undefined : `reaches into src/${target} past its index.ts`;
};

describe("the source tree", () => {
  it("imports only downwards, through each folder's index, without cycles", async () => {
    const found = await edges();
    expect(found.files).toBeGreaterThan(100);
    const broken = found.edges.flatMap((edge) => {
      const why = edge.circular ? "is part of a cycle" : problem(edge);
      return why === undefined ? [] : [`${edge.from} -> ${edge.to}: ${why}`];
    });
    expect(broken).toEqual([]);
  });
});

// Who may speak to other machines by means of their own: SDKs that bring their own fetch. Their
// addresses come from an operator's settings, never from a model or a user of the API.
const OWN_REQUESTS: Readonly<Record<string, string>> = {
  "@langchain/openai": "src/models/", // streams, retries and time limits are the SDK's
  "@langchain/community": "src/models/", // models' classes over the same SDK
};
const WAYS_OUT = [
  /(?<![.\w])fetch\s*\(|\b(?:globalThis|global|window|self)\.fetch\b/,
  // A server imports `createServer` by name; whoever imports a whole module may do anything with it.
  /import (?:\w+|\* as \w+)(?:, *\{[^}]*\})? from "(?:node:)?(?:https?|http2|net|tls|dgram)"/,
  /import \{[^}]*\b(?:request|get|connect|createConnection|Socket|ClientRequest)\b[^}]*\} from "(?:node:)?(?:https?|http2|net|tls)"/,
  /(?:from|import\(|require\() ?"(?:undici|axios|got|ky|node-fetch|superagent|needle|phin|request)"/,
  /(?:import\(|require\()\s*"(?:node:)?(?:https?|http2|net|tls|dgram)"/,
  /\bnew (?:XMLHttpRequest|EventSource)\b/,
];

describe("requests to other machines", () => {
  const sources = globSync(["src/**/*.ts", "graphs/**/*.ts", "checkpoints/**/*.ts"])
    .map((path) => path.replaceAll("\\", "/"))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));

  it("leave through src/outbound alone", () => {
    const elsewhere = sources.filter(({ path }) => !path.startsWith("src/outbound/"));
    expect(elsewhere.length).toBeGreaterThan(100);
    const found = elsewhere.flatMap(({ path, text }) =>
      WAYS_OUT.flatMap((way) => {
        const match = way.exec(text.replaceAll(/^\s*(?:\/\/|\*).*$/gm, ""));
        return match === null ? [] : [`${path}: ${match[0]}`];
      }),
    );
    expect(found).toEqual([]);
  });

  it("of SDKs with a fetch of their own are made where it is known", () => {
    for (const [name, folder] of Object.entries(OWN_REQUESTS)) {
      const users = sources.filter(({ text }) => new RegExp(`"${name}["/]`).test(text));
      expect(users.filter(({ path }) => !path.startsWith(folder))).toEqual([]);
    }
  });
});
