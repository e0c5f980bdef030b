// Many runs, each on a thread of its own: all that were accepted must be done.
import { randomUUID } from "node:crypto";
import { countUntil, each, figures, type Load, request } from "./load.ts";

export const measureRuns = async (load: Load, count: number): Promise<string[]> => {
  const batch = randomUUID();
  const began = Date.now();
  let accepted = 0;
  const times = await each(count, load.concurrency, async () => {
    const { ms } = await request(load, "POST", `/threads/${randomUUID()}/runs`, {
      assistant_id: "steps",
      input: {},
      if_not_exists: "create",
      metadata: { batch },
    });
    accepted += 1;
    if (accepted % 10_000 === 0) load.say(`${accepted} runs accepted`);
    return ms;
  });
  const acceptedS = (Date.now() - began) / 1_000;
  const done = await countUntil(load, { metadata: { batch }, status: "idle" }, count);
  const seconds = (Date.now() - began) / 1_000;
  load.say(`accepted ${accepted} runs in ${acceptedS.toFixed(0)} s: ${figures(times)}`);
  load.say(
    `${done} of ${accepted} are done after ${seconds.toFixed(0)} s: ${(done / seconds).toFixed(1)} runs/s`,
  );
  return done === accepted ? [] : [`${accepted - done} runs are lost or failed`];
};
