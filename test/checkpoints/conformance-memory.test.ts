import { deltaChannelHistoryTests, specTest } from "@langchain/langgraph-checkpoint-validation";
import { open } from "../../checkpoints/index.ts";

const initializer = {
  checkpointerName: "tutti-memory",
  createCheckpointer: async () => (await open("memory:")).saver,
};

specTest(initializer as never);
deltaChannelHistoryTests(initializer as never);
