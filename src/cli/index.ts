export type { DataCare } from "./data-care.ts";
export type { CliHost, Platform, Terminal } from "./platform.ts";
export { runCli } from "./program.ts";
