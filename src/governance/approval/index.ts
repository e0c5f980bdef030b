export { ask } from "./ask.ts";
export {
  questionHash,
  readInterrupt,
  toInterrupt,
  type InterruptPayload,
} from "./interrupt-payload.ts";
export { readAnswer } from "./read-answer.ts";
