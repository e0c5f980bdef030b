// The checklist on a screen: a small terminal that knows the few sequences the view uses.
import { checklistOf, emptyUsage } from "../../src/cli/checklist.ts";
import { clean, displayWidth, fit, wrap } from "../../src/cli/display-width.ts";
import { liveView } from "../../src/cli/live-view.ts";
import type { Terminal } from "../../src/cli/platform.ts";
import type { Plan, RunEvent, TaskStatus } from "../../src/protocol/index.ts";

/** Lines above the screen are history: nothing can be drawn there. */
class Screen {
  lines: string[] = [""];
  row = 0;
  columns: number;
  rows: number;
  history: string[] = [];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    // eslint-disable-next-line no-control-regex
    for (const [token] of text.matchAll(/\u001B\[[?\d]*[A-Za-z]|[^\u001B]/g)) {
      if (token === "\n") this.feed();
      else if (token.length > 1 && token.endsWith("A"))
        this.row = Math.max(0, this.row - Number(token.slice(2, -1)));
      else if (token === "\u001B[J") this.lines.splice(this.row + 1);
      else if (token === "\r") this.fresh = true;
      else if (token === "\u001B[K") this.fresh = false;
      else if (!token.startsWith("\u001B")) {
        if (this.fresh) this.lines[this.row] = "";
        this.fresh = false;
        this.lines[this.row] = (this.lines[this.row] ?? "") + token;
      }
    }
  }

  private fresh = false;

  private feed(): void {
    this.fresh = true;
    this.row += 1;
    this.lines[this.row] ??= "";
    if (this.lines.length > this.rows) {
      this.history.push(this.lines.shift() ?? "");
      this.row -= 1;
    }
  }

  terminal(): Terminal {
    const out = (text: string): void => this.write(text);
    return {
      out,
      err: out,
      interactive: true,
      columns: () => this.columns,
      rows: () => this.rows,
      movable: true,
      ansi: false,
    };
  }
}

const planOf = (count: number): Plan => ({
  title: "A plan",
  tasks: Array.from({ length: count }, (_none, at) => ({
    id: `t${at}`,
    title: `Task number ${at}`,
    instructions: "do it",
    assignee: "analyst",
    dependsOn: [],
    expects: { kind: "tables" as const, description: "a table" },
    checks: ["schema" as const],
  })),
  coverage: [],
  notCovered: [],
  assumptions: [],
});
const status = (at: number, value: TaskStatus, more: object = {}): RunEvent => ({
  type: "task-status",
  taskId: `t${at}`,
  title: `Task number ${at}`,
  status: value,
  attempt: 1,
  ...more,
});

const shown = (columns: number, rows: number, tasks: number) => {
  const screen = new Screen(columns, rows);
  const clock = { time: 1_000_000, now: () => clock.time };
  const view = liveView(screen.terminal(), clock, checklistOf({}, emptyUsage), 0);
  view.show({ type: "plan-end", plan: planOf(tasks), revision: 1 });
  return { screen, clock, view };
};

describe("the living checklist", () => {
  it("draws every state of a task in its place", () => {
    const { screen, view, clock } = shown(80, 24, 6);
    view.show(status(0, "working"));
    clock.time += 3_000;
    view.show(status(0, "done"));
    view.show(status(1, "working"));
    view.show(status(2, "checking"));
    view.show(
      status(3, "retrying", {
        findings: [
          { code: "wrong-figure", check: "recompute", message: "1 is not 2", severity: "error" },
        ],
      }),
    );
    view.show(status(4, "waiting", { note: "**Net** or gross?" }));
    view.show({ type: "tool-start", taskId: "t1", tool: "sql" });
    view.show({
      type: "usage",
      taskId: "t1",
      usage: { inputTokens: 1000, outputTokens: 234, costEur: 1.5, calls: 1 },
    });
    expect(screen.lines.filter(Boolean)).toEqual([
      "A plan",
      "  ✓ Task number 0  3 s",
      "  ◐ Task number 1  0 s · sql",
      "  ? Task number 2  0 s · checking",
      "  ↻ Task number 3  failed its checks, trying again · 1 is not 2",
      "  … Task number 4  waiting for a person · Net or gross?",
      "  · Task number 5",
      "  3 s · 1,234 tokens · 1.50 EUR · 1 call",
    ]);
    view.stop();
  });

  it("keeps to a screen that is shorter than the plan, and leaves the whole plan at the end", () => {
    const { screen, view } = shown(80, 8, 40);
    for (let at = 0; at < 20; at += 1) {
      view.show(status(at, "working"));
      view.show(status(at, "done"));
    }
    view.show(status(20, "working"));
    expect(screen.history).toEqual([]);
    expect(screen.lines.join("\n")).toMatch(/◐ Task number 20[^]+and 20 done, 1\d to come/);
    view.stop();
    const all = [...screen.history, ...screen.lines].filter((line) => line.includes("Task number"));
    expect(all).toHaveLength(40);
    expect(new Set(all).size).toBe(40);
  });

  it("fits a narrow window, also one that becomes narrow while it is shown", () => {
    const { screen, view } = shown(40, 24, 3);
    view.show(status(0, "working"));
    for (const line of screen.lines) expect(displayWidth(line)).toBeLessThan(40);
    screen.columns = 12;
    view.show(status(1, "working"));
    for (const line of screen.lines.slice(0, 5)) expect(displayWidth(line)).toBeLessThan(12);
    view.stop();
  });

  it("draws nothing when nothing has changed", () => {
    const { screen, view } = shown(80, 24, 3);
    view.show(status(0, "done"));
    const written: string[] = [];
    screen.write = (text) => void written.push(text);
    view.show(status(0, "done"));
    expect(written).toEqual([]);
    view.stop();
  });
});

describe("text in cells", () => {
  it("is cut before the last column, by what letters take", () => {
    expect(fit("abcdef", 6)).toBe("abcd…");
    expect(fit("abcde", 6)).toBe("abcde");
    expect(displayWidth("日本")).toBe(4);
    expect(displayWidth(fit("日本語のタイトル", 8))).toBeLessThan(8);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(fit("\u001B[1mabcdefgh\u001B[0m", 6)).toBe("\u001B[1mabcd…\u001B[0m");
  });

  it("breaks between words, with what follows indented alike", () => {
    expect(wrap("  - one two three four", 14)).toBe("  - one two\n    three\n    four");
    expect(wrap("short", 14)).toBe("short");
  });

  it("gives the terminal no orders", () => {
    expect(clean("a\u001B[2J\u001B]0;title\u0007b\u0008\u202Ec\r\nd\te")).toBe("abc\nd\te");
  });
});
