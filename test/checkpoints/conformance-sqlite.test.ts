// LangGraph's own suite for savers: all 718 cases, and the opt-in ones for delta channels.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deltaChannelHistoryTests, specTest } from "@langchain/langgraph-checkpoint-validation";
import { open, type Persistence, type TuttiSaver } from "../../checkpoints/index.ts";

const opened = new Map<TuttiSaver, { persistence: Persistence; folder: string }>();

const initializer = {
  checkpointerName: "tutti-sqlite",
  createCheckpointer: async () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-saver-"));
    const persistence = await open(`sqlite:${join(folder, "t.db")}`, { durability: "normal" });
    opened.set(persistence.saver, { persistence, folder });
    return persistence.saver;
  },
  destroyCheckpointer: async (saver: TuttiSaver) => {
    const { persistence, folder } = opened.get(saver) ?? {};
    await persistence?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  },
};

specTest(initializer as never);
deltaChannelHistoryTests(initializer as never);
