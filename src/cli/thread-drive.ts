// What a command that runs a thread has in hand.
import type { ThreadRecord } from "../storage/index.ts";
import type { CliHost, Place, Platform } from "./platform.ts";

export interface Drive {
  readonly host: CliHost;
  readonly platform: Platform;
  /** As it was found; read again once the thread is locked. */
  readonly thread: ThreadRecord;
  readonly json: boolean;
  /** Name under which answers given at the prompt are recorded. */
  readonly by: string;
  /** Where the command works, as it was told: the commands that are suggested repeat it. */
  readonly place: Place;
}
