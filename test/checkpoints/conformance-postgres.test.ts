// LangGraph's own suite for savers, on PostgreSQL.
import { deltaChannelHistoryTests, specTest } from "@langchain/langgraph-checkpoint-validation";
import { open, type Persistence } from "../../checkpoints/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";

const server = await startPostgres();
const isAvailable = !("why" in server);

describe.runIf(isAvailable)("PostgreSQL", () => {
  let persistence: Persistence;
  beforeAll(async () => {
    if (isAvailable) persistence = await open(server.url);
  });
  afterAll(async () => {
    await persistence.close();
    if (isAvailable) await server.stop();
  });
  // One database and one saver for all cases, as in production; emptied before each, since some list everything.
  const initializer = {
    checkpointerName: "tutti-postgres",
    createCheckpointer: async () => {
      const tables = "cp_threads, cp_records, cp_answers";
      await persistence.pool?.query(`TRUNCATE ${tables}`);
      return persistence.saver;
    },
  };
  specTest(initializer as never);
  deltaChannelHistoryTests(initializer as never);
});
