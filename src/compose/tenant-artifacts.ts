// The artifact store as the runs of one tenant see it: what another tenant stored does not exist, also
// when its hash is known. Which tenant a call serves follows the call, not its arguments: tools and
// checks need not know that there are several.
import { AsyncLocalStorage } from "node:async_hooks";
import { TuttiError } from "../errors.ts";
import type { ArtifactStore } from "../ports/index.ts";
import type { FileRecords } from "../storage/index.ts";

const current = new AsyncLocalStorage<string>();

/** Everything that `work` does with artifacts, it does for this tenant. */
export const forTenant = <Result>(tenant: string, work: () => Result): Result =>
  current.run(tenant, work);

/** Most pairs of tenant and hash that are remembered, so that a file that is read often is checked once. */
const REMEMBERED = 10_000;

const tenantNow = (): string => {
  const tenant = current.getStore();
  // Falling back to some tenant would hand its files to whoever lost the context.
  if (tenant === undefined) throw new TuttiError("INTERNAL", "artifacts are used outside a run");
  return tenant;
};

export const tenantArtifacts = (store: ArtifactStore, files: FileRecords): ArtifactStore => {
  const known = new Set<string>();
  const remember = (pair: string): void => {
    if (known.size >= REMEMBERED) known.clear();
    known.add(pair);
  };
  const owns = async (sha256: string): Promise<boolean> => {
    const tenant = tenantNow();
    const pair = `${tenant} ${sha256}`;
    if (known.has(pair)) return true;
    const isOwned = (await files.find(tenant, sha256)) !== undefined;
    if (isOwned) remember(pair);
    return isOwned;
  };
  const owned = async (sha256: string): Promise<string> => {
    if (await owns(sha256)) return sha256;
    throw new TuttiError("ARTIFACT_MISSING", `there is no file ${sha256.slice(0, 12)}…`);
  };
  return {
    put: async (bytes, file) => {
      const tenant = tenantNow();
      const ref = await store.put(bytes, file);
      const { sha256, name, mime, bytes: size } = ref;
      // Content first, then the row: a crash in between leaves content nobody owns, not a row without it.
      if (!known.has(`${tenant} ${sha256}`)) await files.add({ tenant, sha256, name, mime, size });
      remember(`${tenant} ${sha256}`);
      return ref;
    },
    get: async (sha256) => store.get(await owned(sha256)),
    has: async (sha256) => (await owns(sha256)) && (await store.has(sha256)),
    path: async (sha256) => store.path(await owned(sha256)),
  };
};
