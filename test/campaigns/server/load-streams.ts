// Many streams open at the same time: their runs begin when all are open. None may be cut.
import { randomUUID } from "node:crypto";
import { each, type Load } from "./load.ts";

/** Until then all streams must be open. */
const DELAY_S = 30;

interface Read {
  readonly openedAt: number;
  readonly firstEventAt: number;
  readonly endedAt: number;
  readonly problem: string | undefined;
}

const THINGS = 50;

const wrongIn = (text: string): string | undefined => {
  const ids = [...text.matchAll(/^id: ?(\d+)$/gm)].map(([, id]) => Number(id));
  const gap = ids.findIndex((id, n) => id !== n);
  if (gap >= 0) return `event ${ids[gap]} came where ${gap} was due`;
  const said = [...text.matchAll(/^event: ?custom$/gm)].length;
  if (said !== THINGS) return `${said} of ${THINGS} custom events came`;
  return text.includes(`"said":${THINGS}`) ? undefined : "the last values did not come";
};

const readStream = async ({ url }: Load): Promise<Read> => {
  const response = await fetch(`${url}/threads/${randomUUID()}/runs/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      assistant_id: "talk",
      input: {},
      if_not_exists: "create",
      stream_mode: ["values", "custom"],
      after_seconds: DELAY_S,
    }),
  });
  const openedAt = performance.now();
  let firstEventAt = Number.NaN;
  let text = "";
  try {
    if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`);
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (Number.isNaN(firstEventAt) && text.includes("event:")) firstEventAt = performance.now();
    }
    return { openedAt, firstEventAt, endedAt: performance.now(), problem: wrongIn(text) };
  } catch (error) {
    const problem = `a stream was cut: ${error instanceof Error ? error.message : String(error)}`;
    return { openedAt, firstEventAt, endedAt: performance.now(), problem };
  }
};

export const measureStreams = async (load: Load, count: number): Promise<string[]> => {
  const reads = await each(count, count, () => readStream(load));
  const allOpen = Math.max(...reads.map(({ openedAt }) => openedAt));
  const firstEnd = Math.min(...reads.map(({ endedAt }) => endedAt));
  const isTogether = allOpen < firstEnd;
  const problems = reads.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const first = Math.min(...reads.map(({ firstEventAt }) => firstEventAt));
  const last = Math.max(...reads.map(({ endedAt }) => endedAt));
  load.say(
    `${count} streams, ${isTogether ? "all open at once" : "NOT all open at once"}, ${problems.length} cut or incomplete; from the first event to the last ${((last - first) / 1_000).toFixed(1)} s`,
  );
  if (!isTogether) problems.push("the streams were not all open at the same time");
  return problems;
};
