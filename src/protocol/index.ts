// Data that crosses a boundary: between tasks, to people, to files, to the wire. Schemas, and how
// figures are written.
export * from "./briefing.ts";
export * from "./canonical-json.ts";
export * from "./event.ts";
export * from "./format.ts";
export * from "./handover.ts";
export * from "./narrative.ts";
export * from "./plan.ts";
export * from "./query.ts";
export * from "./question.ts";
export * from "./report.ts";
export * from "./render-narrative.ts";
export * from "./source.ts";
export * from "./table.ts";
export * from "./tool-declarations.ts";
export * from "./toolbox.ts";
export * from "./verdict.ts";
