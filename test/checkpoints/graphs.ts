// Small graphs that exercise a saver: growing lists, edits in the middle, fan-out, pauses, subgraphs.
import { AIMessage, HumanMessage, RemoveMessage, type BaseMessage } from "@langchain/core/messages";
import {
  END,
  START,
  Send,
  StateGraph,
  interrupt,
  messagesStateReducer,
} from "@langchain/langgraph";
import { registry } from "@langchain/langgraph/zod";
import type { TuttiSaver } from "../../checkpoints/index.ts";
import { z } from "zod";

const list = <T>(reducer: (before: T[], after: T[]) => T[]) =>
  z.array(z.custom<T>()).register(registry, {
    reducer: { fn: reducer as never },
    default: () => [],
  } as never);

interface Note {
  readonly id: string;
  readonly text: string;
}

// Replaces in the middle, or appends: an ordinary reducer that knows nothing of savers.
const byId = (before: Note[], after: Note[]): Note[] => {
  const merged = [...before];
  for (const note of after) {
    const at = merged.findIndex(({ id }) => id === note.id);
    if (at < 0) merged.push(note);
    else merged[at] = note;
  }
  return merged;
};

export const State = z.object({
  messages: list<BaseMessage>(messagesStateReducer as never),
  notes: list<Note>(byId),
  log: list<string>((before, after) => [...before, ...after]),
  last: z.unknown(),
  childLog: z.array(z.string()).default([]),
  plan: z.array(z.string()).default([]),
});

export type Update = Record<string, unknown>;

const Child = z.object({
  childLog: list<string>((before, after) => [...before, ...after]),
  last: z.unknown(),
});

const child = new StateGraph(Child)
  .addNode("ask", (state) => {
    const wantsAnswer = (state.last as { ask?: boolean } | undefined)?.ask === true;
    return {
      childLog: [`child:${wantsAnswer ? String(interrupt({ question: "child?" })) : "quiet"}`],
    };
  })
  .addNode("tell", () => ({ childLog: ["child done, and said so at some length"] }))
  .addEdge(START, "ask")
  .addEdge("ask", "tell")
  .compile();

const say = (state: { last?: unknown }): Update => {
  const {
    text = "",
    replace,
    remove,
  } = (state.last ?? {}) as { text?: string; replace?: string; remove?: string };
  const messages: BaseMessage[] = [
    new AIMessage({ content: `You said ${text}. `.repeat(6), id: undefined }),
  ];
  if (replace !== undefined)
    messages.push(new HumanMessage({ content: `instead: ${text}`, id: replace }));
  if (remove !== undefined) messages.push(new RemoveMessage({ id: remove }));
  return {
    messages,
    log: [`said ${text}`],
    notes: [{ id: text.slice(0, 1), text: text.repeat(8) }],
  };
};

/** intake -> say -> Send(work) x n -> ask (may pause) -> child (may pause) -> END */
export const storyGraph = (saver: TuttiSaver | object) =>
  new StateGraph(State)
    .addNode("intake", (state) => ({ plan: [...state.plan, "intake"].slice(-12) }))
    .addNode("say", say as never)
    .addNode("work", (state: { item?: number }) => ({
      log: [`worked on ${state.item}`],
      notes: [{ id: `w${state.item}`, text: "result ".repeat(12) }],
    }))
    .addNode("ask", (state) => {
      const { ask, twice } = (state.last ?? {}) as { ask?: boolean; twice?: boolean };
      if (ask !== true) return { log: ["no question"] };
      const first: unknown = interrupt({ question: "first?" });
      const second: unknown = twice === true ? interrupt({ question: "second?" }) : undefined;
      return { log: [`answered ${String(first)} ${String(second)}`] };
    })
    .addNode("child", child)
    .addEdge(START, "intake")
    .addEdge("intake", "say")
    .addConditionalEdges(
      "say",
      (state) => {
        const count = (state.last as { fan?: number } | undefined)?.fan ?? 0;
        return count === 0
          ? "ask"
          : Array.from({ length: count }, (_, item) => new Send("work", { item }));
      },
      ["ask", "work"],
    )
    .addEdge("work", "ask")
    .addEdge("ask", "child")
    .addEdge("child", END)
    .compile({ checkpointer: saver as never });

/** One node that pauses once; what it was answered is its effect. */
export const pausingGraph = (
  saver: TuttiSaver | object,
  effect: (answer: unknown) => void = () => undefined,
) =>
  new StateGraph(z.object({ answers: list<unknown>((before, after) => [...before, ...after]) }))
    .addNode("ask", () => {
      const answer: unknown = interrupt({ question: "Shall I?" });
      effect(answer);
      return { answers: [answer] };
    })
    .addEdge(START, "ask")
    .addEdge("ask", END)
    .compile({ checkpointer: saver as never });
