// A model behind a socket that can be held: what is asked waits until the test lets it be answered. So a
// run can be met in the middle without a clock.
import { OfflineModel } from "../../src/models/offline/index.ts";
import { answeringWith } from "../fakes/openai-llm.ts";
import { type ChatRequest, type Script, startOpenAIServer } from "../fakes/openai-server.ts";

export const OFFLINE: Script = answeringWith(new OfflineModel());

/** `isHeld` says which requests wait, while `hold` is on. */
export const heldModel = async (
  isHeld: (request: ChatRequest) => boolean,
  script: Script = OFFLINE,
) => {
  let release: () => void = () => undefined;
  let open = new Promise<void>((done) => {
    release = done;
  });
  let announce: () => void = () => undefined;
  const asked = new Promise<void>((done) => {
    announce = done;
  });
  const server = await startOpenAIServer(async (request, n) => {
    if (isHeld(request)) {
      announce();
      await open;
    }
    return script(request, n);
  });
  return {
    env: {
      TUTTI_MODEL: "openai:gpt-5-mini",
      OPENAI_API_KEY: "test",
      OPENAI_BASE_URL: server.url,
    },
    requests: server.requests,
    /** A request is waiting. */
    asked,
    /** From now on nothing waits. */
    release: () => {
      open = Promise.resolve();
      release();
    },
    close: () => server.close(),
  };
};

/** True for the calls of one task's specialist, by a word of its briefing. */
export const isAbout =
  (taskId: string) =>
  (request: ChatRequest): boolean =>
    JSON.stringify(request.messages).includes(`\\"task\\":{\\"id\\":\\"${taskId}\\"`);
