// What is to be done with the figures: trends, rhythm, anomalies, documents; and what follow-ups take away.
import type { TimeUnit } from "../../protocol/index.ts";
import { cover, type Scan } from "./reading.ts";
import { wordsOf } from "./words.ts";

const ADJECTIVES: Readonly<Record<string, TimeUnit>> = {
  daily: "day",
  weekly: "week",
  monthly: "month",
  quarterly: "quarter",
  yearly: "year",
  annual: "year",
  annually: "year",
};
const REPORT =
  /\b(?:reports?|review|overview|summary|summari[sz]e|recap|dashboard|update|briefing|board paper|statement)\b/;
const CADENCE =
  /\b(daily|weekly|monthly|quarterly|yearly|annual) (?=(?:[\p{L}-]+ ){0,3}(?:reports?|review|overview|summary|recap|dashboard|update|briefing|figures|numbers|statement|meeting)\b)/u;
const RHYTHM = /\b(daily|weekly|monthly|quarterly|yearly|annual|annually)\b/;
const EVERY =
  /\b(?:each|every|per|by the|by|month on|from) (day|week|month|quarter|year)(?: (?:to|by|after) (?:day|week|month|quarter|year))?\b/;
const STEP = /\b(day|week|month|quarter|year) (?:by|after|to) \1\b/;
const TREND =
  /\b(?:trends?|over time|time series|development over|develop(?:s|ed|ing)?|evolution|evolved|course of|history)\b/;

/** Takes rhythms: of the report ("monthly report"), or of a series ("weekly temperature", "over time"). */
export const readRhythm = (scan: Scan): void => {
  if (REPORT.test(scan.goal.lower)) scan.reading.report = true;
  for (const { groups, start, end } of scan.goal.matches(CADENCE)) {
    const trend = TREND.test(scan.goal.lower.slice(end, end + 30).split(/[,.;:]/)[0] ?? "");
    if (trend) continue;
    const word = groups[1] ?? "";
    scan.reading.cadence = ADJECTIVES[word];
    scan.goal.take(start, end);
    cover(
      scan,
      scan.goal.text.slice(start, start + word.length),
      `a report on one ${scan.reading.cadence ?? "period"}`,
    );
  }
  for (const pattern of [STEP, EVERY, RHYTHM]) {
    for (const { groups, phrase } of scan.goal.takeAll(pattern)) {
      const unit = ADJECTIVES[groups[1] ?? ""] ?? (groups[1] as TimeUnit);
      scan.reading.units.push(unit);
      cover(scan, phrase, `a time series by ${unit}`);
    }
  }
  for (const { phrase } of scan.goal.takeAll(TREND)) {
    if (scan.reading.units.length === 0) scan.reading.units.push("auto");
    cover(scan, phrase, "a time series");
  }
};

const ANOMALIES =
  /\b(?:anomal(?:y|ies|ous)|outliers?|unusual(?:ly)?|irregularit(?:y|ies)|strange|odd|oddities|suspicious|abnormal(?:ly|ities)?|(?:stands?|stood|standing) out|out of the ordinary|unexpected(?:ly)?|exceptional(?:ly)?|spikes?|surpris(?:es?|ing)|deviat(?:es?|ions?) from (?:the )?(?:norm|normal|usual|history)|looks? (?:off|wrong))\b/;
const NEGATED = /\b(?:no|without|skip|drop|remove|omit|leave out|not) (?:the |any )?$/;

/** Takes the wish for values that stand out. */
export const readAnomalies = (scan: Scan): void => {
  for (const { phrase, start, end } of scan.goal.matches(ANOMALIES)) {
    if (NEGATED.test(scan.goal.lower.slice(0, start))) continue;
    scan.goal.take(start, end);
    scan.reading.anomalies = true;
    cover(scan, phrase, "values that stand out from their own history (robust score over 3.5)");
  }
};

const ABOUT =
  /\b(?:according to|based on|as (?:stated|described|laid down|set out) in|in (?:line|accordance) with|background|context|policy|policies|handbook|manual|guidelines?|documents?|notes?|memos?|minutes|reasons?|why|explain|explanation|causes?)\b/;

/** Takes what the documents are to answer, when there are any. */
export const readDocuments = (scan: Scan): void => {
  if (scan.documents.length === 0) return;
  const names = new Set(scan.documents.flatMap((file) => wordsOf(file.replace(/\.[a-z]+$/i, ""))));
  for (const { start, end } of scan.goal.matches(ABOUT)) {
    const near = scan.goal.tokens.filter(
      (token) =>
        !token.taken && token.start < end + 24 && token.end > start - 24 && names.has(token.stem),
    );
    const [first, last] = [near[0], near.at(-1)];
    const from = Math.min(start, first?.start ?? start);
    const to = Math.max(end, last?.end ?? end);
    const joined = /[,.;:]/.test(scan.goal.text.slice(from, to))
      ? { from: start, to: end }
      : { from, to };
    scan.goal.take(joined.from, joined.to);
    const phrase = scan.goal.text.slice(joined.from, joined.to);
    scan.reading.documents.push(phrase);
    cover(
      scan,
      phrase,
      `passages of ${scan.documents.length === 1 ? "the document" : "the documents"} given`,
    );
  }
};

const GROWTH =
  /\b(?:growth|grew|grown?|growing|changed?|changes|changing|declin\w+|rose|risen|fell|fallen|increas\w+|decreas\w+|gain(?:ed|s)?|improv\w+|got (?:worse|better)|worsened)\b/;

export const readGrowth = (scan: Scan): void => {
  scan.reading.growth = GROWTH.exec(scan.goal.lower)?.[0];
};

const REMOVE =
  /\b(?:without|drop|remove|skip|leave out|no|omit|delete|take out|get rid of|no need for)(?: any| more)? (?:the )?((?:[\p{L}-]+)(?: (?:by )?[\p{L}-]+)?)/u;

/** Takes what a follow-up wants removed: `drop the products`, `no anomalies`. */
export const readRemovals = (scan: Scan): void => {
  for (const { groups, phrase, start, end } of scan.goal.matches(REMOVE)) {
    scan.goal.take(start, end);
    scan.reading.removed.push(groups[1] ?? "");
    cover(scan, phrase, "left out");
  }
};

// Words in them would be read as something else: "moving average" is no average.
const UNSUPPORTED =
  /\b(?:standard deviations?|moving averages?|rolling (?:averages?|means?)|running totals?|cumulative(?: totals?| sums?)?|(?:\d+(?:th|st|nd|rd) )?percentiles?|day of the week|hour of (?:the )?day|time of day)\b/;

/** Lists operations that these rules know of and cannot do. */
export const readUnsupported = (scan: Scan): void => {
  for (const { phrase } of scan.goal.takeAll(UNSUPPORTED)) scan.reading.notCovered.push(phrase);
};
