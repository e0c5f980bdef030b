// The writer's step: a narrative from verified tables and passages, submitted in one call.
import {
  submitToolFor,
  type Finding,
  type Narrative,
  type NarrativeSection,
  type SpecialistBriefing,
} from "../../protocol/index.ts";
import { call, say, SELF, type ModelAnswer } from "./answer.ts";
import type { Conversation } from "./conversation.ts";
import { periodWords } from "./period-phrases.ts";
import { planTitle } from "./plan-tasks.ts";
import { sectionOf, sentencesOf } from "./write-sections.ts";
import { backgroundSection, notesSection } from "./write-notes.ts";
import { readingOf, type Reading } from "./write-table.ts";

const CONDITION =
  /\s*\b(?:over|above|more than|greater than|longer than|older than|exceeding|at least|at most|up to|under|below|less than|younger than)\s+-?\d+(?:[.,]\d+)?\s*(?:°\s?[CF]|degrees?(?: celsius)?|%|percent|ppm|minutes?|min|hours?|h|years?(?: old)?|eur(?:os?)?|€)?(?![\p{L}\p{N}])/giu;

/** The goal's title with no digits but those of its periods: `Top 5 products in 2026` -> `Top products in 2026`. */
const titleOf = (goal: string): string => {
  const title = planTitle(goal).replaceAll(CONDITION, "");
  const periods = periodWords(title);
  const kept = (at: number): boolean =>
    periods.some((words) => {
      const from = title.indexOf(words);
      return at >= from && at < from + words.length;
    });
  return title
    .replaceAll(/(?<![\p{L}\p{N}-])\d+(?:[.,]\d+)?(?![\p{L}\p{N}-])\s*/gu, (number, at: number) =>
      kept(at) ? number : "",
    )
    .trim();
};

const isTotals = ({ names, bucket, table }: Reading): boolean =>
  names.length === 0 && bucket === undefined && table.query?.kind !== "anomalies";

/** Totals, the leader of the first breakdown, and the first thing that stands out. */
const summaryOf = (readings: readonly Reading[]): string[] => {
  const totals = readings.filter(isTotals).flatMap(sentencesOf).slice(0, 2);
  const breakdown = readings.find(
    ({ names, bucket, table }) =>
      names.length > 0 && bucket === undefined && table.query?.kind !== "anomalies",
  );
  const anomalies = readings.find(({ table }) => table.query?.kind === "anomalies");
  const all = [
    ...totals,
    ...[breakdown, anomalies].flatMap((reading) =>
      reading === undefined ? [] : sentencesOf(reading).slice(0, 1),
    ),
  ];
  if (all.length > 0) return all;
  const [first] = readings;
  return first === undefined
    ? ["The report rests on the passages cited below."]
    : sentencesOf(first).slice(0, 1);
};

/** Sentences that an earlier attempt was faulted for are left out, as long as something stays. */
const mended = (section: NarrativeSection, findings: readonly Finding[]): NarrativeSection => {
  const faulted = findings.flatMap(({ where }) => {
    const [, id, at] = /^narrative\/([^/]+)\/(\d+)/.exec(where ?? "") ?? [];
    return id === section.id && at !== undefined ? [Number(at)] : [];
  });
  const statements = section.statements.filter((_, at) => !faulted.includes(at));
  return statements.length === 0
    ? { ...section, statements: ["The table shows the figures."] }
    : { ...section, statements };
};

const narrativeOf = (briefing: SpecialistBriefing): Narrative | undefined => {
  const readings = briefing.inputs.tables.map((table) => readingOf(table, briefing.inputs.tables));
  const background = backgroundSection(briefing);
  const notes = notesSection(briefing);
  const sections = [
    ...readings.map(sectionOf),
    ...(background === undefined ? [] : [background]),
    ...(notes === undefined ? [] : [notes]),
  ].map((section) => mended(section, briefing.findings));
  if (readings.length === 0 && background === undefined) return undefined;
  const summary = mended(
    { id: "summary", heading: "Summary", tables: [], statements: summaryOf(readings) },
    briefing.findings,
  ).statements;
  return { title: titleOf(briefing.goal), summary, sections };
};

export const writerStep = (
  briefing: SpecialistBriefing,
  _conversation: Conversation,
): ModelAnswer => {
  const narrative = narrativeOf(briefing);
  if (narrative === undefined)
    return say(`${SELF} There is no verified table or passage to write about.`);
  return call(submitToolFor("narrative"), {
    summary:
      "A summary and a section for each table, with every figure as a reference to its cell.",
    narrative,
    notes: [],
  });
};
