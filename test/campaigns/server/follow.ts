// A reader of one run's events who comes back with the number of the last one whenever it is cut off.
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "./http.ts";

export interface Followed {
  readonly events: readonly { readonly id: number; readonly text: string }[];
  /** How often it was cut off and came back. */
  readonly cuts: number;
}

interface Frame {
  readonly id: number;
  readonly text: string;
}

const SILENCE_MS = 20_000;
const PAUSE_MS = 200;

const frameOf = (block: string): Frame | undefined => {
  const lines = block.split("\n");
  const id = lines.find((line) => line.startsWith("id:"));
  if (id === undefined) return undefined;
  const text = lines.filter((line) => /^(event|data):/.test(line)).join("\n");
  return { id: Number(id.slice(3)), text };
};

/** True when the server ended the answer by itself. */
const readOnce = async (
  url: string,
  last: number,
  onFrame: (frame: Frame) => void,
): Promise<boolean> => {
  const silent = new AbortController();
  let timeout = setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const headers = { "last-event-id": String(last) };
    const { ok, body } = await fetch(url, { headers, signal: silent.signal });
    if (!ok || body === null) return false;
    let rest = "";
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timeout);
      timeout = setTimeout(() => silent.abort(), SILENCE_MS);
      const blocks = (rest + piece.replaceAll("\r\n", "\n")).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const frame = frameOf(block);
        if (frame !== undefined) onFrame(frame);
      }
    }
    return true;
  } catch {
    return false; // cut off: the server was killed, or said nothing
  } finally {
    clearTimeout(timeout);
  }
};

/** From the first event to the last. `isOver`: whether the run has ended. */
export const follow = async (
  { url }: Pick<Client, "url">,
  path: string,
  isOver: () => Promise<boolean>,
): Promise<Followed> => {
  const events: Frame[] = [];
  for (let cuts = 0; ; cuts += 1) {
    const wasOver = await isOver();
    const last = events.at(-1)?.id ?? -1;
    const isWhole = await readOnce(`${url}${path}`, last, (frame) => void events.push(frame));
    if (isWhole && (wasOver || (await isOver()))) {
      // What came between the end of the answer and the look at the run would be missing.
      const before = events.length;
      const id = events.at(-1)?.id ?? -1;
      const isSure = await readOnce(`${url}${path}`, id, (frame) => void events.push(frame));
      if (isSure && events.length > before) throw new Error(`${path} ended before its last event`);
      if (isSure) return { events, cuts };
    }
    await wait(PAUSE_MS);
  }
};

/** What is wrong with the numbers of the events, and with two readings of them. */
export const gapsIn = ({ events }: Followed, again: Followed): string[] => {
  const problems: string[] = [];
  const bad = events.findIndex(({ id }, at) => id !== at);
  if (bad >= 0) problems.push(`event ${events[bad]?.id} came where ${bad} was due`);
  const differs = again.events.findIndex(
    ({ id, text }, at) => events[at]?.id !== id || events[at].text !== text,
  );
  if (differs >= 0)
    problems.push(
      `of ${events.length} events one was not as it is read again: ${again.events[differs]?.text}`,
    );
  if (events.length > again.events.length)
    problems.push(`${events.length} events, read again ${again.events.length}`);
  return problems;
};
