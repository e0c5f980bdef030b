// A real store in a temporary folder, and an engine over it; both are gone after the test.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ExcelJS from "exceljs";
import { onTestFinished } from "vitest";
import { createLocalArtifactStore } from "../../../src/artifacts/index.ts";
import type { ArtifactStore, TableEngine, TableSession } from "../../../src/ports/index.ts";
import type { DataIssue, SourceRef, TableProfile } from "../../../src/protocol/index.ts";
import { createTableEngine } from "../../../src/tools/index.ts";
import type { TableLimits } from "../../../src/tools/index.ts";

export interface Fixture {
  store: ArtifactStore;
  engine: TableEngine;
  put: (name: string, content: string | Uint8Array) => Promise<SourceRef>;
  open: (name: string, content: string | Uint8Array) => Promise<TableSession>;
}

export const fixture = async (limits: Partial<TableLimits> = {}): Promise<Fixture> => {
  const folder = await mkdtemp(join(tmpdir(), "tables-"));
  const store = createLocalArtifactStore({ folder });
  const engine = createTableEngine({ store, limits });
  onTestFinished(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  const put = async (name: string, content: string | Uint8Array): Promise<SourceRef> => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { ...(await store.put(bytes, { name, mime: "application/x" })), kind: "table" };
  };
  return {
    store,
    engine,
    put,
    open: async (name, content) => engine.open([await put(name, content)]),
  };
};

/** The one table of a file. */
export const profileOf = async (
  name: string,
  content: string | Uint8Array,
): Promise<TableProfile> => {
  const { open } = await fixture();
  const session = await open(name, content);
  return session.profiles[0] as TableProfile;
};

export const issueOf = (profile: TableProfile, code: DataIssue["code"], column?: string) =>
  profile.issues.find(
    (issue) => issue.code === code && (column === undefined || issue.column === column),
  );

export const columnOf = (profile: TableProfile, name: string) => {
  const column = profile.columns.find((candidate) => candidate.name === name);
  if (column === undefined)
    throw new Error(`no column ${name} in ${JSON.stringify(profile.columns)}`);
  return column;
};

export const workbookBytes = async (
  fill: (workbook: ExcelJS.Workbook) => void,
): Promise<Uint8Array> => {
  const workbook = new ExcelJS.Workbook();
  fill(workbook);
  return new Uint8Array(await workbook.xlsx.writeBuffer());
};
