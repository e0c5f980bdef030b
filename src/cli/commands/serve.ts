// tutti serve, tutti worker: stay until a signal stops them, and let runs under way come to a safe place.
import { EXIT } from "../exit-code.ts";
import type { CliHost } from "../platform.ts";
import type { ServeRequest, WorkerRequest } from "../server-host.ts";

export const serve = async (host: CliHost, request: ServeRequest): Promise<number> => {
  await host.serve(request, host.interruption());
  return EXIT.finished;
};

export const worker = async (host: CliHost, request: WorkerRequest): Promise<number> => {
  await host.work(request, host.interruption());
  return EXIT.finished;
};
