// The tools that agents call, and the engines and readers behind them.
export { createDocumentReader } from "./documents/document-reader.ts";
export type { DocumentReaderOptions } from "./documents/document-reader.ts";
export type { DocumentLimits } from "./documents/document-limits.ts";
export { searchDocumentsTool } from "./documents/search-documents-tool.ts";
export type { SearchDocumentsOptions } from "./documents/search-documents-tool.ts";
export { webSearchTool } from "./documents/web-search-tool.ts";
export type { WebSearchOptions } from "./documents/web-search-tool.ts";
export { createTableEngine, describeTablesTool, detectKind, sqlTool } from "./tables/index.ts";
export type {
  DetectedKind,
  SqlToolOptions,
  TableEngineOptions,
  TableLimits,
} from "./tables/index.ts";
export { reportTools } from "./report/index.ts";
export type { ReportLimits, ReportToolsOptions } from "./report/index.ts";
