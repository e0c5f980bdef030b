export { ask } from "./ask.ts";
export { hasAnswers } from "./late-answer.ts";
export { readInterrupt, type InterruptPayload } from "./interrupt-payload.ts";
export { readAnswer } from "./read-answer.ts";
