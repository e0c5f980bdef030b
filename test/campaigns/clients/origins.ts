// Pages of another origin: with a key they may call, on an open server only those of this machine.
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { startTuttiServer, type TuttiServer } from "../../fixtures/tutti-server.ts";
import { FOREIGN_HOST } from "./browser.ts";
import type { Checks } from "./check.ts";
import { type ConversationPage, openConversation } from "./conversation.ts";

interface Origins {
  readonly browser: Browser;
  readonly checks: Checks;
  readonly pictures: string;
  readonly config: string;
  /** A server without keys. */
  readonly open: TuttiServer;
  /** Where the page is. */
  readonly port: number;
}

const KEY = /tutti_[\w-]+/;
const FORMS = ["legacy", "sse", "websocket"] as const;

export const tryOrigins = async ({ browser, checks, pictures, config, open, port }: Origins) => {
  const visit = async (
    place: Record<string, string>,
    step: (page: ConversationPage) => Promise<void>,
  ): Promise<void> => {
    const query = new URLSearchParams({ graph: "chat", ...place }).toString();
    const address = `http://${FOREIGN_HOST}:${port}/shared?${query}`;
    const page = await openConversation(browser, address, pictures);
    try {
      await step(page);
    } finally {
      await page.picture(
        `origin-${place["form"]}-${place["key"] === undefined ? "no-key" : "key"}`,
      );
      await page.close();
    }
  };
  for (const form of FORMS)
    await checks.check(`${form}: a page of a foreign site cannot use an open server`, () =>
      visit({ form, api: open.url }, async (page) => {
        await page.say("hello");
        await page.page.waitForSelector("#error");
        assert.ok(page.faults.some((fault) => /CORS|WebSocket|Failed to load/.test(fault)));
        assert.ok((await page.lines()).every(({ type }) => type === "human"));
      }),
    );
  let key = "";
  const closed = await startTuttiServer({
    config,
    before: async (command) => {
      const said = await command(["keys", "create", "--name", "page", "--role", "runner"]);
      [key = ""] = KEY.exec(said) ?? [];
      assert.notEqual(key, "", said);
    },
  });
  try {
    for (const form of ["legacy", "sse"] as const)
      await checks.check(`${form}: a page of a foreign site works with a key`, () =>
        visit({ form, api: closed.url, key }, async (page) => {
          await page.say("double 21");
          await page.until("the answer", (lines) => lines.at(-1)?.text.trim() === "it is 42");
          await page.untilReady();
          assert.deepEqual(page.faults, []);
        }),
      );
    await checks.check("legacy: without its key the page is told so", () =>
      visit({ form: "legacy", api: closed.url }, async (page) => {
        await page.say("hello");
        await page.page.waitForSelector("#error");
        assert.match(await page.page.innerText("#error"), /401/);
      }),
    );
  } finally {
    assert.ok(await closed.stop());
  }
};
