// A conversation about given files, as it is deployed; who answers stands in graphs/chat/assistant.yaml.
import { createChatAgent } from "../src/agents/index.ts";
import { chatServices } from "../src/compose/services.ts";

export const graph = createChatAgent(chatServices);
