// What the commands of the server are handed by compose.
import type { KeyRow, Role } from "../storage/index.ts";

export interface ServeRequest {
  readonly data?: string;
  readonly port?: number;
  readonly host?: string;
  /** langgraph.json of the project whose graphs are served; ours when absent. */
  readonly config?: string;
  /** False with --no-worker: only the API. */
  readonly worker?: boolean;
  readonly concurrency?: number;
}

export type WorkerRequest = Pick<ServeRequest, "data" | "config" | "concurrency">;

export interface Keys {
  /** The only time the key is told. */
  create(key: {
    name: string;
    role: Role;
    tenant: string;
    days: number | undefined;
  }): Promise<{ key: string; row: KeyRow }>;
  list(): Promise<KeyRow[]>;
  /** Throws USAGE when there is no such key. */
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}
