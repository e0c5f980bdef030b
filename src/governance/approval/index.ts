export { ask } from "./ask.ts";
export { readInterrupt, type InterruptPayload } from "./interrupt-payload.ts";
export { readAnswer } from "./read-answer.ts";
