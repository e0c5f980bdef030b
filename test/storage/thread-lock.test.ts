import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLocked, lockThread } from "../../src/storage/index.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "tutti-lock-"));

/** Another process that takes the lock, says so, and keeps it until it is killed. */
const holder = async (data: string, thread: string) => {
  const child = fork(new URL("../fixtures/hold-lock.ts", import.meta.url), [data, thread]);
  await once(child, "message");
  return child;
};

describe("the lock of a thread", () => {
  it("is held by one process at a time, and the loser is told which", async () => {
    const data = folder();
    const child = await holder(data, "t1");
    expect(() => lockThread(data, "t1")).toThrow(
      expect.objectContaining({
        code: "THREAD_BUSY",
        message: expect.stringContaining(String(child.pid)),
      }),
    );
    expect(isLocked(data, "t1")).toBe(true);
    lockThread(data, "t2").release();
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  it("is free at once when its holder is killed", async () => {
    const data = folder();
    const child = await holder(data, "t1");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isLocked(data, "t1")).toBe(false);
    lockThread(data, "t1").release();
  });

  it("is free again after release, and not taken twice in one process", () => {
    const data = folder();
    const lock = lockThread(data, "t1");
    expect(() => lockThread(data, "t1")).toThrow(/another process|works on/);
    lock.release();
    lockThread(data, "t1").release();
  });
});
