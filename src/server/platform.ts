// What the server is given: interfaces only, built by compose.
import type { BaseStore } from "@langchain/langgraph";
import type { Clock } from "../clock.ts";
import type { Logger, Metrics } from "../observability/index.ts";
import type { ArtifactStore } from "../ports/index.ts";
import type { GraphCatalog } from "../runs/index.ts";
import type { RunService } from "../runs/index.ts";
import type { ThreadService } from "../runs/index.ts";
import type { Records } from "../storage/index.ts";
import type { Access } from "./access.ts";

export interface Platform {
  readonly records: Records;
  readonly runs: RunService;
  readonly threads: ThreadService;
  readonly graphs: GraphCatalog;
  /** The long-term store as one tenant sees it. */
  readonly store: (tenant: string) => BaseStore;
  readonly files: ArtifactStore;
  readonly access: Access;
  /**
   * When a schedule is next due after `after`, in milliseconds since the epoch; null: never again. Throws
   * REQUEST_INVALID for a schedule or a time zone that is none.
   */
  readonly cronNext: (schedule: string, timezone: string | null, after: number) => number | null;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Of this program, as /info says it. */
  readonly version: string;
}
