// Running graphs: loading them, executing threads, reading where they stand.
export { type ExecutableGraph, type Saver, threadConfig } from "./executable-graph.ts";
export {
  answer,
  type Answers,
  endOf,
  type Execution,
  proceed,
  type RunEnd,
  start,
  stateOf,
} from "./execute.ts";
export { createGraphRegistry, type GraphRegistry } from "./graph-registry.ts";
export { type OpenQuestion, openQuestions } from "./open-questions.ts";
export { checkOut, deliver } from "./deliver.ts";
