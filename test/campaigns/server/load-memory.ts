// Memory of the server over many streamed runs: what they needed must be given back.
import { randomUUID } from "node:crypto";
import { each, type Load } from "./load.ts";

const SAMPLES = 100;
/** The end may be above the beginning by so much. */
const GROWTH = 1.15;
const MIB = 1 << 20;

const residentOf = async ({ url }: Load): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^\w*process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / MIB;
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of a server that the API's `/metrics` speaks for: workers of their own are not seen. */
export const measureMemory = async (load: Load, count: number): Promise<string[]> => {
  const samples: number[] = [];
  const every = Math.max(1, Math.floor(count / SAMPLES));
  const problems: string[] = [];
  let done = 0;
  await each(count, 8, async () => {
    const response = await fetch(`${load.url}/threads/${randomUUID()}/runs/stream`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        assistant_id: "talk",
        input: {},
        if_not_exists: "create",
        stream_mode: ["values", "custom"],
      }),
    });
    const text = await response.text();
    if (!text.includes('"said":50')) problems.push("a stream did not come to its end");
    done += 1;
    if (done % every === 0) samples.push(await residentOf(load));
  });
  const fifth = Math.floor(samples.length / 5);
  const early = mean(samples.slice(fifth, 2 * fifth));
  const late = mean(samples.slice(-fifth));
  load.say(
    `${count} streamed runs; resident MiB by fifths: ${[0, 1, 2, 3, 4].map((n) => mean(samples.slice(n * fifth, (n + 1) * fifth)).toFixed(0)).join(", ")}`,
  );
  if (!(late <= early * GROWTH)) problems.push(`memory grew from ${early} to ${late} MiB`);
  return problems;
};
