// Charts, workbook, PDF and dashboard from verified tables, and what they may cost.
export type { ReportLimits } from "./limits.ts";
export { reportTools } from "./report-tools.ts";
export type { ReportToolsOptions } from "./report-tools.ts";
