// One page with a conversation, as a person works it: writes, watches, stops, answers, goes back.
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";

export interface Line {
  readonly type: string;
  readonly text: string;
  readonly calls: readonly string[];
}

export interface ConversationPage {
  readonly page: Page;
  /** Faults the page reported: of its scripts, and requests that were refused. */
  readonly faults: string[];
  say(text: string): Promise<void>;
  lines(): Promise<Line[]>;
  /** Until the page shows what is asked for; throws with what it showed. */
  until(what: string, holds: (lines: Line[]) => boolean): Promise<Line[]>;
  isWorking(): Promise<boolean>;
  untilReady(): Promise<void>;
  /** Texts the last message had, one after another, since the watch began. */
  watch(): Promise<void>;
  watched(): Promise<string[]>;
  thread(): Promise<string>;
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

const PATIENCE_MS = 30_000;

declare global {
  var seenTexts: string[] | undefined;
}

/** Runs in the page. */
const watchLast = (): void => {
  const seen: string[] = [];
  globalThis.seenTexts = seen;
  const doc = Reflect.get(globalThis, "document") as {
    querySelector(query: string): { textContent: string } | null;
    body: unknown;
  };
  const look = (): void => {
    const text = doc.querySelector("#messages > li:last-child[data-type=ai] .text")?.textContent;
    if (text !== undefined && text !== "" && text !== seen.at(-1)) seen.push(text);
  };
  const Observer = Reflect.get(globalThis, "MutationObserver") as new (look: () => void) => {
    observe(node: unknown, options: object): void;
  };
  new Observer(look).observe(doc.body, { subtree: true, childList: true, characterData: true });
};

export const openConversation = async (
  browser: Browser,
  address: string,
  pictures: string,
): Promise<ConversationPage> => {
  const context = await browser.newContext({ viewport: { width: 900, height: 600 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(address);
  const lines = async (): Promise<Line[]> =>
    page.locator("#messages > li").evaluateAll((items) =>
      items.map((item) => {
        const { dataset } = item as unknown as { dataset: Record<string, string> };
        return {
          type: dataset["type"] ?? "",
          text: item.querySelector(".text")?.textContent ?? "",
          calls: [...item.querySelectorAll(".call")].map(({ textContent }) => textContent ?? ""),
        };
      }),
    );
  const isWorking = async (): Promise<boolean> =>
    (await page.locator("main").getAttribute("data-loading")) === "true";
  const until = async (what: string, holds: (shown: Line[]) => boolean): Promise<Line[]> => {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const shown = await lines();
      if (holds(shown)) return shown;
      if (performance.now() > end)
        throw new Error(`never ${what}; the page shows ${await page.locator("body").innerText()}`);
      await page.waitForTimeout(30);
    }
  };
  return {
    page,
    faults,
    say: async (text) => {
      await page.fill("#text", text);
      await page.click("#send");
    },
    lines,
    until,
    isWorking,
    untilReady: async () => {
      await page.waitForSelector("main[data-loading=false]");
    },
    watch: () => page.evaluate(watchLast),
    watched: () => page.evaluate(() => globalThis.seenTexts ?? []),
    thread: async () => new URL(page.url()).searchParams.get("thread") ?? "",
    picture: async (name) => {
      await page.screenshot({ path: join(pictures, `${name}.png`) });
    },
    close: () => context.close(),
  };
};
