export type { DataCare } from "./data-care.ts";
export type { CliHost, Place, Platform, Terminal, ThreadList } from "./platform.ts";
export { runCli } from "./program.ts";
export type { Keys, ServeRequest, WorkerRequest } from "./server-host.ts";
