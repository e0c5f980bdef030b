// Passages stand where they say they stand; citations point at passages; quotations are verbatim.
import type { DocumentPage, DocumentReader, TaskContext } from "../ports/index.ts";
import type { Finding, HandOver, Passage, SourceRef } from "../protocol/index.ts";
import { didYouMean, findingsOf, listed } from "./finding.ts";
import { namesIn } from "./literal-numbers.ts";
import {
  type Facts,
  factsOf,
  narrativeTexts,
  type NarrativeText,
  PLACEHOLDER,
} from "./narrative-texts.ts";

const finding = findingsOf("citations");

/** Line breaks, soft hyphens and typographic quotation marks do not matter. */
const even = (text: string): string =>
  text
    .normalize("NFKC")
    .replaceAll("\u00ad", "")
    .replaceAll(/[“”„«»]/g, '"')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/\s+/g, " ")
    .trim();

const sourceOf = (passage: Passage, sources: readonly SourceRef[]): SourceRef | Finding => {
  const where = `passages/${passage.id}`;
  const documents = sources.filter(({ kind }) => kind === "document");
  const named = documents.filter(({ name }) => name === passage.file);
  const source = named.find(
    ({ sha256 }) => passage.sha256 === undefined || sha256 === passage.sha256,
  );
  if (source !== undefined) return source;
  const [other] = named;
  if (other !== undefined) {
    return finding(
      "stale-source",
      `passage ${passage.id} is from ${passage.file} with hash ${passage.sha256?.slice(0, 12)}…; the run's has ${other.sha256.slice(0, 12)}…`,
      where,
    );
  }
  const names = documents.map(({ name }) => name);
  return finding(
    "unknown-source",
    `passage ${passage.id} is from ${passage.file}, which is no document of this run; ${didYouMean(passage.file, names)}`,
    where,
  );
};

const pageOf = (passage: Passage, pages: readonly DocumentPage[]): Finding[] => {
  const text = even(passage.text);
  const where = `passages/${passage.id}`;
  const holds = (page: DocumentPage) => even(page.text).includes(text);
  const claimed =
    passage.page === undefined ? pages : pages.filter(({ page }) => page === passage.page);
  if (
    text !== "" &&
    (claimed.some(holds) ||
      (passage.page === undefined && even(pages.map((page) => page.text).join(" ")).includes(text)))
  ) {
    return [];
  }
  const elsewhere = pages
    .filter(holds)
    .flatMap(({ page }) => (page === undefined ? [] : [String(page)]));
  const place = passage.page === undefined ? "" : ` page ${passage.page}`;
  return [
    finding(
      "misquoted",
      `passage ${passage.id} does not stand in ${passage.file}${place}${elsewhere.length > 0 ? ` but on page ${listed(elsewhere)}` : ""}: ${JSON.stringify(passage.text.slice(0, 120))}`,
      where,
    ),
  ];
};

const fromTheWeb = (passage: Passage, { evidence }: HandOver): Finding[] => {
  const searched = evidence.some(
    ({ tool, ok }) => ok && tool !== "search_documents" && !tool.startsWith("submit_"),
  );
  return searched
    ? []
    : [
        finding(
          "unknown-source",
          `passage ${passage.id} names ${passage.url}, but no tool call fetched it`,
          `passages/${passage.id}`,
        ),
      ];
};

const checkPassages = async (
  handOver: HandOver,
  context: TaskContext,
  documents: DocumentReader,
): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const passage of handOver.passages) {
    const isDocument = context.sources.some(({ name }) => name === passage.file);
    if (passage.url !== undefined && !isDocument) {
      findings.push(...fromTheWeb(passage, handOver));
      continue;
    }
    const source = sourceOf(passage, context.sources);
    if ("code" in source) findings.push(source);
    else findings.push(...pageOf(passage, await documents.pages(source, context.signal)));
  }
  return findings;
};

const checkMarks = (text: NarrativeText, facts: Facts): Finding[] => {
  const known = facts.passages.map(({ id }) => id);
  const unknown = text.parts.flatMap((part) =>
    part.kind === "citation" && !known.includes(part.passage)
      ? [
          finding(
            "uncited",
            `[[${part.passage}]] cites no passage of this run; ${didYouMean(part.passage, known)}`,
            text.where,
          ),
        ]
      : [],
  );
  const broken = /\[\[[^\]]*\]?\]?|\]\]/.exec(text.literal);
  if (broken !== null)
    unknown.push(finding("uncited", `${broken[0]} is no [[passage]]`, text.where));
  return unknown;
};

const QUOTED = /"([^"]{2,})"|“([^”]{2,})”|„([^“”]{2,})[“”]|«([^»]{2,})»/gu;

const checkQuotes = (text: NarrativeText, facts: Facts): Finding[] => {
  const ours = even(
    [facts.goal, ...facts.caveats, ...facts.files, ...namesIn(facts.tables)].join("\n"),
  ).toLowerCase();
  return [...text.literal.matchAll(QUOTED)].flatMap((match): Finding[] => {
    const quote = even(match.slice(1).find((group) => group !== undefined) ?? "").replace(
      /[.,;:]$/,
      "",
    );
    if (quote.includes(PLACEHOLDER) || ours.includes(quote.toLowerCase())) return [];
    const shown = JSON.stringify(quote);
    if (text.cited.some((passage) => even(passage.text).includes(quote))) return [];
    const owner = facts.passages.find((passage) => even(passage.text).includes(quote));
    if (owner === undefined)
      return [finding("misquoted", `${shown} stands in no passage word for word`, text.where)];
    return text.cited.length === 0
      ? [finding("uncited", `${shown} is quoted without its passage, [[${owner.id}]]`, text.where)]
      : [
          finding(
            "misquoted",
            `${shown} stands in [[${owner.id}]], not in the passage cited`,
            text.where,
          ),
        ];
  });
};

const contentWords = (text: string): string[] => [
  ...new Set(text.toLowerCase().match(/\p{L}{4,}/gu) ?? []),
];

/** Text that says in a passage's words what no figure says, and does not cite it. */
const checkBorrowed = (text: NarrativeText, facts: Facts): Finding[] => {
  if (text.cited.length > 0 || text.figures.length > 0 || !/\/\d+$/.test(text.where)) return [];
  const words = contentWords(text.literal);
  if (words.length < 5) return [];
  const owner = facts.passages.find((passage) => {
    const known = new Set(contentWords(passage.text));
    return words.filter((word) => known.has(word)).length >= 0.7 * words.length;
  });
  return owner === undefined
    ? []
    : [
        finding(
          "uncited",
          `the statement repeats ${owner.file} without citing [[${owner.id}]]: ${JSON.stringify(text.source.slice(0, 120))}`,
          text.where,
        ),
      ];
};

/** Findings of passages and of a narrative's citations. Throws what the document reader throws. */
export const checkCitations = async (
  handOver: HandOver,
  context: TaskContext,
  documents: DocumentReader,
): Promise<Finding[]> => {
  const passages = await checkPassages(handOver, context, documents);
  if (handOver.narrative === undefined) return passages;
  const facts = factsOf(context);
  const texts = narrativeTexts(handOver.narrative, facts);
  return [
    ...passages,
    ...texts.flatMap((text) => [
      ...checkMarks(text, facts),
      ...checkQuotes(text, facts),
      ...checkBorrowed(text, facts),
    ]),
  ];
};
