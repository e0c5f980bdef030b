// The researcher's step: search by the task's words, then hand over what was found.
import {
  SearchResult,
  submitToolFor,
  type Passage,
  type SpecialistBriefing,
} from "../../protocol/index.ts";
import { call, say, SELF, type ModelAnswer } from "./answer.ts";
import { stepsWith, type Conversation } from "./conversation.ts";
import { EMPTY_WORDS } from "./lexicon.ts";
import { wordsOf } from "./words.ts";

const MAX_PASSAGES = 6;

const keywords = (text: string): string[] => [
  ...new Set(
    text
      .split(/[^\p{L}\p{N}-]+/u)
      .filter((word) => word.length > 2 && !EMPTY_WORDS.has(word.toLowerCase())),
  ),
];

/** What was asked of the documents, then the goal as a whole. */
const queriesOf = ({ task, goal }: SpecialistBriefing): string[] => {
  const asked = /Look for: (.*)\.$/s.exec(task.instructions)?.[1] ?? "";
  const parts = [...asked.split("; "), goal].map((text) => keywords(text).join(" "));
  const queries = [...new Set(parts)].filter((text) => text !== "");
  return queries.length === 0 ? [task.title] : queries.slice(0, 4);
};

const relevance = (passage: Passage, words: ReadonlySet<string>): number =>
  new Set(wordsOf(passage.text).filter((word) => words.has(word))).size;

export const researcherStep = (
  briefing: SpecialistBriefing,
  conversation: Conversation,
): ModelAnswer => {
  if (!conversation.tools.has("search_documents"))
    return say(`${SELF} The tool search_documents is needed and not there.`);
  const done = stepsWith(conversation, "search_documents");
  const queries = queriesOf(briefing);
  if (done.length === 0) {
    return {
      text: "",
      calls: queries.map((query) => ({ name: "search_documents", args: { query, limit: 5 } })),
    };
  }
  const words = new Set(queries.flatMap((query) => wordsOf(query)));
  const found = new Map<string, Passage>();
  for (const { answer } of done) {
    const result = SearchResult.safeParse(answer);
    for (const passage of result.success ? result.data.passages : [])
      found.set(passage.id, passage);
  }
  const relevant = [...found.values()]
    .map((passage, at) => ({ passage, at, score: relevance(passage, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, MAX_PASSAGES);
  if (relevant.length === 0) {
    const failure = done.find((step) => step.failure !== undefined)?.failure?.message;
    return say(
      `${SELF} The documents hold nothing on ${queries.join("; ")}.${failure === undefined ? "" : ` A search failed: ${failure}`}`,
    );
  }
  return call(submitToolFor("passages"), {
    summary: "Passages of the documents that share words with the task.",
    passageIds: relevant.map(({ passage }) => passage.id),
    notes: ["Found by words, not by meaning: a passage may be beside the point."],
  });
};
