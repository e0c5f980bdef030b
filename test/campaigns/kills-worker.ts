// One process of the kill campaign: starts or resumes a thread, and writes down, outside itself, what
// the saver has acknowledged and what work was begun. It is killed at any moment.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openServices, useDataFolder } from "../../src/compose/services.ts";
import { projectFolder } from "../../src/compose/project.ts";
import { createOrchestrator } from "../../src/orchestrator/index.ts";
import { orchestratorServices } from "../../src/compose/services.ts";
import { type Execution, proceed, type Saver, start } from "../../src/runs/index.ts";
import type { RunEvent } from "../../src/protocol/index.ts";

const [data = "", thread = "", log = "", goal = "", ...files] = process.argv.slice(2);
const write = (entry: Record<string, unknown>): void =>
  appendFileSync(log, `${JSON.stringify({ pid: process.pid, ...entry })}\n`);

/** Tells the log of every task result whose write the saver has acknowledged. */
const watched = (saver: Saver): Saver =>
  new Proxy(saver, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (name !== "putWrites" || typeof member !== "function")
        return typeof member === "function" ? member.bind(target) : member;
      return async (
        config: { configurable?: Record<string, unknown> },
        writes: [string, unknown][],
        id: string,
      ) => {
        await (member as Saver["putWrites"]).call(target, config, writes, id);
        if (config.configurable?.["thread_id"] !== thread) return;
        for (const [channel, value] of writes)
          if (channel === "tasks")
            for (const [task, patch] of Object.entries(
              value as Record<string, { status?: string }>,
            ))
              if (patch.status === "checking") write({ type: "acknowledged", task });
      };
    },
  });

const onEvent = (event: RunEvent): void => {
  if (event.type === "tool-start") write({ type: "worked", task: event.taskId, tool: event.tool });
  if (event.type === "task-status" && event.status === "retrying")
    write({ type: "retrying", task: event.taskId });
};

useDataFolder(data);
const opened = await openServices();
const execution: Execution = {
  graph: createOrchestrator(orchestratorServices) as unknown as Execution["graph"],
  saver: watched(opened.data.saver),
  threadId: thread,
  onEvent,
};
const paths = files.map((file) => ({ path: join(projectFolder, file) }));
const before = await execution.graph.getState({
  configurable: { thread_id: thread, __pregel_checkpointer: opened.data.saver },
});
const isNew = before.config.configurable?.["checkpoint_id"] === undefined;
const end = isNew ? await start(execution, { goal, files: paths }) : await proceed(execution);
write({ type: "ended", status: end.status, error: end.error?.message });
await opened.close();
