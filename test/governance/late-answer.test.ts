// A host like LangGraph's own server: answers name no question, and run ids tell when they were sent.
import { Command, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { v7 } from "@langchain/core/utils/uuid";
import { z } from "zod";
import { ask, timeOfUuid } from "../../src/governance/index.ts";
import type { Question } from "../../src/protocol/index.ts";

const question = (id: string): Question => ({
  id,
  kind: "result",
  description: `Publish ${id}?`,
  args: {},
  allowed: ["approve", "reject"],
});

const twoQuestions = () => {
  const graph = new StateGraph(new StateSchema({ answers: z.array(z.string()).default([]) }))
    .addNode("first", ({ answers }) => ({ answers: [...answers, ask(question("one")).type] }))
    .addNode("second", ({ answers }) => ({ answers: [...answers, ask(question("two")).type] }))
    .addEdge(START, "first")
    .addEdge("first", "second")
    .compile({ checkpointer: new MemorySaver() });
  const config = (runId: string) => ({ configurable: { thread_id: "t", run_id: runId } });
  const send = (resume: unknown, runId = v7()) =>
    graph.invoke(new Command({ resume }), config(runId));
  return {
    start: () => graph.invoke({ answers: [] }, config(v7())),
    send,
    /** The open question, with why the answer before was refused. */
    open: async () => {
      const state = await graph.getState(config(v7()));
      const [interrupt] = state.tasks.flatMap(({ interrupts }) => interrupts);
      const { questionId, error } = (interrupt?.value ?? {}) as Record<string, string>;
      return { questionId, error, answers: state.values.answers };
    },
  };
};

describe("an answer that was sent twice", () => {
  it("does not answer the question after it, and says why", async () => {
    const { start, send, open } = twoQuestions();
    await start();
    const duplicate = v7();
    await send("approve");
    await send("approve", duplicate);
    expect(await open()).toMatchObject({
      questionId: "two",
      error: expect.stringContaining("double click") as string,
      answers: ["approve"],
    });
  });

  it("leaves the question open for an answer that was sent after it was asked", async () => {
    const { start, send, open } = twoQuestions();
    await start();
    const duplicate = v7();
    await send("approve");
    await send("approve", duplicate);
    await send("nonsense");
    expect(await open()).toMatchObject({ error: expect.stringContaining("not among") as string });
    await send({ type: "reject" });
    expect((await open()).answers).toEqual(["approve", "reject"]);
  });
});

describe("the time in an id", () => {
  it("is read from UUIDs of version 6 and 7, and from nothing else", () => {
    expect(timeOfUuid("1ec9414c-232a-6b00-b3c8-9e6bdeced846")).toBe(
      Date.parse("2022-02-22T19:22:22.000Z"),
    );
    expect(timeOfUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")).toBe(
      Date.parse("2022-02-22T19:22:22.000Z"),
    );
    for (const other of ["9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "run", 7, undefined])
      expect(timeOfUuid(other)).toBeUndefined();
  });
});
