// Shows a run as it goes: a checklist that lives on a terminal, plain lines elsewhere, JSON on request.
import type { Clock } from "../clock.ts";
import type { Checklist } from "./checklist.ts";
import { cleanDeep } from "./display-width.ts";
import { liveView } from "./live-view.ts";
import { plainLines } from "./plain-lines.ts";
import type { Terminal } from "./platform.ts";
import type { Progress } from "./progress.ts";

const jsonLines = (terminal: Terminal, list: Checklist): Progress => ({
  show: (event) => terminal.out(`${JSON.stringify(event)}\n`),
  pausing: () => undefined,
  stop: () => undefined,
  elapsed: () => 0,
  spent: () => list.spent,
});

export const createProgress = (
  terminal: Terminal,
  clock: Clock,
  list: Checklist,
  { json, elapsed }: { json: boolean; elapsed: number },
): Progress => {
  if (json) return jsonLines(terminal, list);
  const view = terminal.movable ? liveView : plainLines;
  const progress = view(terminal, clock, cleanDeep(list), elapsed);
  return { ...progress, show: (event) => progress.show(cleanDeep(event)) };
};
