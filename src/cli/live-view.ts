// Draws a checklist over itself, in place: each frame replaces the one before, without a blank moment
// in between, whatever has become of the window meanwhile.
import type { Clock } from "../clock.ts";
import type { RunEvent } from "../protocol/index.ts";
import { applyEvent, type Checklist, drawChecklist } from "./checklist.ts";
import { displayWidth } from "./display-width.ts";
import type { Terminal } from "./platform.ts";
import type { Progress } from "./progress.ts";

const REDRAW_MS = 250;
const UP = (lines: number): string => (lines === 0 ? "\r" : `\u001B[${lines}A\r`);
const END_OF_LINE = "\u001B[K";
const REST_OF_SCREEN = "\u001B[J";
// The terminal shows what lies between only when it is whole; others ignore it.
const TOGETHER = ["\u001B[?2026h", "\u001B[?2026l"] as const;

/** Screen lines that a frame takes now: a window made narrower has wrapped what was drawn before. */
const heightNow = (lines: readonly string[], columns: number): number =>
  lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);

/** `spentBefore`: milliseconds the run has been shown already, in earlier views. */
export const liveView = (
  terminal: Terminal,
  clock: Clock,
  list: Checklist,
  spentBefore: number,
): Progress => {
  const started = clock.now() - spentBefore;
  let drawn: readonly string[] = [];
  let foot = "";
  let stoppedAt: number | undefined;
  let isUntouched = true;

  const paint = (rows: number | undefined): void => {
    const columns = Math.max(4, terminal.columns());
    const now = clock.now();
    const lines = drawChecklist(list, {
      columns,
      ansi: terminal.ansi,
      now,
      elapsed: now - started,
      foot,
      ...(rows === undefined ? {} : { rows }),
    });
    if (rows !== undefined && lines.join("\n") === drawn.join("\n")) return;
    // What has left the top of the screen cannot be drawn over.
    const up = Math.min(heightNow(drawn, columns), terminal.rows() - 1);
    const body = lines.map((line) => `${line}${END_OF_LINE}\n`).join("");
    terminal.out(`${TOGETHER[0]}${UP(up)}${body}${REST_OF_SCREEN}${TOGETHER[1]}`);
    drawn = lines;
  };
  const erase = (): void => {
    const up = Math.min(heightNow(drawn, Math.max(4, terminal.columns())), terminal.rows() - 1);
    terminal.out(`${UP(up)}${REST_OF_SCREEN}`);
  };
  // One line is the cursor's.
  const redraw = (): void => paint(Math.max(3, terminal.rows() - 1));

  const timer = setInterval(redraw, REDRAW_MS);
  timer.unref();
  redraw();
  return {
    show: (event: RunEvent) => {
      isUntouched = false;
      applyEvent(list, event, clock.now());
      redraw();
    },
    pausing: (message) => {
      foot = message;
      if (stoppedAt === undefined) redraw();
    },
    stop: () => {
      if (stoppedAt !== undefined) return;
      stoppedAt = clock.now();
      clearInterval(timer);
      foot = "";
      // A view that was taken up again and had nothing to tell would only repeat the one above it.
      if (isUntouched && spentBefore > 0) erase();
      else paint(undefined);
    },
    elapsed: () => (stoppedAt ?? clock.now()) - started,
    spent: () => list.spent,
  };
};
