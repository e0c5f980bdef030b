import { deltaChannelHistoryTests, specTest } from "@langchain/langgraph-checkpoint-validation";
import { open, type Persistence, type TuttiSaver } from "../../checkpoints/index.ts";
import { startPostgres } from "../fixtures/postgres.ts";

const server = await startPostgres();

if ("why" in server) {
  describe.skip(`PostgreSQL: ${server.why}`, () => {
    it("runs the conformance suite", () => undefined);
  });
} else {
  // one database for all cases, as in production; the suite uses fresh thread ids, but for one case
  const persistence: Persistence = await open(server.url);
  afterAll(async () => {
    await persistence.close();
    await server.stop();
  });
  const initializer = {
    checkpointerName: "tutti-postgres",
    createCheckpointer: async (): Promise<TuttiSaver> => {
      await persistence.pool?.query(
        "TRUNCATE cp_threads, cp_checkpoints, cp_writes, cp_values, cp_lists, cp_answers",
      );
      return persistence.saver;
    },
  };
  specTest(initializer as never);
  deltaChannelHistoryTests(initializer as never);
}
