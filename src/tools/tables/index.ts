// Tables: read any common format, repair and type it, query it safely.
export { createTableEngine } from "./table-engine.ts";
export type { TableEngineOptions } from "./table-engine.ts";
export type { TableLimits } from "./table-limits.ts";
export { detectKind } from "./detect-kind.ts";
export type { DetectedKind } from "./detect-kind.ts";
export { describeTablesTool } from "./describe-tables-tool.ts";
export { sqlTool } from "./sql-tool.ts";
export type { SqlToolOptions } from "./sql-tool.ts";
