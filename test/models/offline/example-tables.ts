// The example tables behind a real engine, whole or changed (renamed, shuffled) by a test.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalArtifactStore } from "../../../src/artifacts/index.ts";
import type { ArtifactStore, TableEngine, TableSession } from "../../../src/ports/index.ts";
import type { AssigneeCard, PlannerBriefing, SourceRef } from "../../../src/protocol/index.ts";
import { createTableEngine } from "../../../src/tools/index.ts";

export const TODAY = "2026-10-05";
const EXAMPLES = new URL("../../../examples/", import.meta.url);

export const example = (name: string): Promise<Uint8Array> => readFile(new URL(name, EXAMPLES));

export interface Bench {
  readonly store: ArtifactStore;
  readonly engine: TableEngine;
  put(
    files: Readonly<Record<string, Uint8Array | string>>,
    kind?: SourceRef["kind"],
  ): Promise<SourceRef[]>;
  open(files: Readonly<Record<string, Uint8Array | string>>): Promise<TableSession>;
  close(): Promise<void>;
}

export const createBench = async (): Promise<Bench> => {
  const folder = await mkdtemp(join(tmpdir(), "tutti-offline-"));
  const store = createLocalArtifactStore({ folder });
  const engine = createTableEngine({ store });
  const put: Bench["put"] = async (files, kind = "table") => {
    const sources: SourceRef[] = [];
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const ref = await store.put(bytes, { name, mime: "application/octet-stream" });
      sources.push({ ...ref, kind });
    }
    return sources;
  };
  return {
    store,
    engine,
    put,
    open: async (files) => engine.open(await put(files)),
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export const CARDS: AssigneeCard[] = [
  {
    name: "ada",
    role: "Analyst",
    goal: "figures",
    tools: ["describe_tables", "sql"],
    produces: "tables",
  },
  {
    name: "rosa",
    role: "Researcher",
    goal: "passages",
    tools: ["search_documents"],
    produces: "passages",
  },
  { name: "will", role: "Writer", goal: "text", tools: [], produces: "narrative" },
  {
    name: "rex",
    role: "Reporter",
    goal: "files",
    tools: ["chart", "workbook", "pdf", "dashboard"],
    produces: "files",
  },
];

export const plannerBriefing = (
  goal: string,
  session: Pick<TableSession, "profiles">,
  more: Partial<PlannerBriefing> = {},
): PlannerBriefing => ({
  role: "planner",
  goal,
  today: TODAY,
  tables: [...session.profiles],
  documents: [],
  assignees: CARDS,
  clarifications: {},
  ...more,
});

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
