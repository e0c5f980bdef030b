// The offline model: rules, not a language model. It does one thing, reports over tables.
export { OfflineModel } from "./offline-model.ts";
