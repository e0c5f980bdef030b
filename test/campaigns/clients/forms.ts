// What every form of the hook must do with a server: the same steps, seen by a person.
import assert from "node:assert/strict";
import type { Client } from "@langchain/langgraph-sdk";
import type { Checks } from "./check.ts";
import type { ConversationPage, Line } from "./conversation.ts";

export interface Form {
  readonly name: string;
  readonly isLegacy: boolean;
  readonly client: Client;
  readonly checks: Checks;
  open(graph: string, thread?: string): Promise<ConversationPage>;
}

const COUNT = 40;
const numbers = (count: number): string =>
  Array.from({ length: count }, (_, at) => `n${at + 1}`).join(" ");
const typesOf = (lines: readonly Line[]): string => lines.map(({ type }) => type).join(" ");
const lastText = (lines: readonly Line[]): string => lines.at(-1)?.text.trim() ?? "";
const isAnswered = (lines: readonly Line[], text: string): boolean =>
  lines.at(-1)?.type === "ai" && lastText(lines) === text;

/** Each text continues the one before. */
const assertGrows = (texts: readonly string[]): void => {
  for (const [at, text] of texts.entries())
    assert.ok(at === 0 || text.startsWith(texts[at - 1] ?? ""), `${texts[at - 1]} → ${text}`);
};

type Step = (form: Form, page: ConversationPage) => Promise<string | void>;

const streaming: Step = async (form, page) => {
  await page.watch();
  await page.say(`count ${COUNT}`);
  await page.until("the first words", (lines) => lines.at(-1)?.type === "ai");
  await page.picture(`${form.name}-tokens`);
  await page.until("the whole answer", (lines) => isAnswered(lines, numbers(COUNT)));
  await page.untilReady();
  const texts = await page.watched();
  assertGrows(texts);
  assert.ok(texts.length > COUNT / 3, `${texts.length} steps`);
  assert.equal(typesOf(await page.lines()), "human ai");
  return `${COUNT} tokens in ${texts.length} renderings`;
};

const tool: Step = async (form, page) => {
  await page.say("double 21");
  await page.until("the call", (lines) => lines.some(({ calls }) => calls.includes("double")));
  const lines = await page.until("the answer", (shown) => isAnswered(shown, "it is 42"));
  await page.untilReady();
  assert.equal(typesOf(lines), "human ai tool ai");
  assert.equal(lines[2]?.text, "42");
  await page.picture(`${form.name}-tool`);
};

const question =
  (button: "approve" | "reject", answer: string): Step =>
  async (form, page) => {
    await page.say("mail it");
    await page.page.waitForSelector("#question");
    await page.untilReady();
    assert.match(await page.page.innerText("#question"), /send_mail/);
    assert.equal(lastText(await page.lines()), "a mail is ready");
    await page.picture(`${form.name}-question-${button}`);
    assert.equal((await form.client.threads.get(await page.thread())).status, "interrupted");
    await page.page.click(`#${button}`);
    await page.until("the end", (lines) => isAnswered(lines, answer));
    await page.untilReady();
    assert.equal(typesOf(await page.lines()), "human ai ai");
    assert.equal(await page.page.locator("#question").count(), 0);
    await page.picture(`${form.name}-answered-${button}`);
    assert.equal((await form.client.threads.get(await page.thread())).status, "idle");
  };

/** A page that comes to a paused thread shows its question, and answers it. */
const questionLater: Step = async (form, page) => {
  await page.say("mail it");
  await page.page.waitForSelector("#question");
  await page.untilReady();
  await page.page.reload();
  await page.page.waitForSelector("#question");
  await page.picture(`${form.name}-question-later`);
  await page.page.click("#approve");
  await page.until("the end", (lines) => isAnswered(lines, "the mail is sent"));
  await page.untilReady();
  assert.equal(typesOf(await page.lines()), "human ai ai");
};

const stop: Step = async (form, page) => {
  await page.say("count 400");
  await page.until("some words", (lines) => lastText(lines).includes("n5"));
  await page.page.click("#stop");
  await page.untilReady();
  await page.picture(`${form.name}-stopped`);
  const thread = await page.thread();
  const end = performance.now() + 10_000;
  let statuses: string[] = [];
  do {
    statuses = (await form.client.runs.list(thread)).map(({ status }) => status);
  } while (statuses.join() !== "interrupted" && performance.now() < end);
  assert.equal(statuses.join(), "interrupted");
  await page.say("hello");
  await page.until("an answer after the stop", (lines) => isAnswered(lines, "you said hello"));
  await page.untilReady();
};

const reload: Step = async (form, page) => {
  const count = 80;
  await page.say(`count ${count}`);
  await page.until("some words", (lines) => lastText(lines).includes("n8"));
  await page.page.reload();
  await page.watch();
  const joined = await page.until("words again", (lines) => /n\d/.test(lastText(lines)));
  assert.notEqual(lastText(joined), numbers(count), "the run had ended before the page was back");
  await page.picture(`${form.name}-joined-again`);
  const lines = await page.until("the end", (shown) => isAnswered(shown, numbers(count)));
  await page.untilReady();
  assert.equal(typesOf(lines), "human ai");
  await page.page.waitForTimeout(300);
  assert.deepEqual(await page.lines(), lines);
  assertGrows((await page.watched()).slice(-count / 3));
  await page.picture(`${form.name}-joined-end`);
};

/** The finished conversation is there after a reload, and goes on. */
const history: Step = async (form, page) => {
  await page.say("one");
  await page.until("an answer", (lines) => isAnswered(lines, "you said one"));
  await page.untilReady();
  await page.page.reload();
  await page.until("the history", (lines) => isAnswered(lines, "you said one"));
  await page.say("two");
  await page.until("another answer", (lines) => isAnswered(lines, "you said two"));
  await page.untilReady();
  assert.equal(typesOf(await page.lines()), "human ai human ai");
};

const fork: Step = async (form, page) => {
  for (const word of ["one", "two"]) {
    await page.say(word);
    await page.until(`${word} back`, (lines) => isAnswered(lines, `you said ${word}`));
    await page.untilReady();
  }
  await page.page
    .locator(form.isLegacy ? ".edit" : ".fork")
    .nth(1)
    .click();
  await page.until("the other answer", (lines) => isAnswered(lines, "you said edited words"));
  await page.untilReady();
  const texts = (await page.lines()).map(({ text }) => text.trim());
  assert.deepEqual(texts, ["one", "you said one", "edited words", "you said edited words"]);
  await page.picture(`${form.name}-fork`);
  if (!form.isLegacy) return;
  await page.page.locator(".branch").first().click();
  await page.until("the first branch", (lines) => isAnswered(lines, "you said two"));
  await page.picture(`${form.name}-first-branch`);
};

const nested: Step = async (form, page) => {
  const text = "spoken from deep inside the graph";
  await page.watch();
  await page.say("speak");
  await page.until("the words", (lines) => isAnswered(lines, text));
  await page.untilReady();
  assert.equal(typesOf(await page.lines()), "human ai");
  if (form.isLegacy) assert.ok((await page.watched()).length > 2);
  else await page.page.locator(".inside", { hasText: text }).first().waitFor();
  await page.picture(`${form.name}-nested`);
};

const STEPS: readonly (readonly [name: string, graph: string, step: Step])[] = [
  ["an answer comes token by token", "chat", streaming],
  ["a tool is called, and its result shown", "chat", tool],
  ["a question is shown and approved", "review", question("approve", "the mail is sent")],
  ["a question is shown and refused", "review", question("reject", "not sent: reject not today")],
  ["a question is answered after a reload", "review", questionLater],
  ["a run is stopped, and the conversation goes on", "chat", stop],
  ["a reloaded page joins the run again, and has each word once", "chat", reload],
  ["the history is there after a reload", "chat", history],
  ["an earlier message is edited, on a branch of its own", "chat", fork],
  ["a subgraph is heard", "nested", nested],
];

export const tryForm = async (form: Form): Promise<void> => {
  for (const [name, graph, step] of STEPS)
    await form.checks.check(`${form.name}: ${name}`, async () => {
      const page = await form.open(graph);
      try {
        const note = await step(form, page);
        assert.deepEqual(page.faults, []);
        return note;
      } catch (error) {
        await page.picture(`${form.name}-FAILED-${name.replaceAll(/\W+/g, "-")}`);
        throw error;
      } finally {
        await page.close();
      }
    });
};
