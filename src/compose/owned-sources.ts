// Engines keep what they have loaded by content. On a server of several tenants a source is asked for
// anew each time, so that nobody is served from what another tenant had loaded.
import { TuttiError } from "../errors.ts";
import type { ArtifactStore, DocumentReader, TableEngine } from "../ports/index.ts";
import type { SourceRef } from "../protocol/index.ts";

export const ownedSources = (artifacts: ArtifactStore) => {
  const check = async (sources: readonly SourceRef[]): Promise<void> => {
    for (const { sha256, name } of sources)
      if (!(await artifacts.has(sha256)))
        throw new TuttiError("ARTIFACT_MISSING", `there is no file ${name}`);
  };
  return {
    tables: (engine: TableEngine): TableEngine => ({
      open: async (sources, signal) => {
        await check(sources);
        return engine.open(sources, signal);
      },
      close: () => engine.close(),
    }),
    documents: (reader: DocumentReader): DocumentReader => ({
      pages: async (source, signal) => {
        await check([source]);
        return reader.pages(source, signal);
      },
    }),
  };
};
