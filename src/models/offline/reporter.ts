// The reporter's step: charts, then workbook, PDF and dashboard, then the hand-over of the files.
import {
  Chart,
  FileResult,
  submitToolFor,
  type FileRef,
  type SpecialistBriefing,
} from "../../protocol/index.ts";
import { call, say, SELF, type Call, type ModelAnswer } from "./answer.ts";
import { lastStep, stepsWith, type Conversation } from "./conversation.ts";
import { chartRequests } from "./report-charts.ts";
import { reportSpec, workbookSpec } from "./report-layout.ts";

const MAKERS = ["workbook", "pdf", "dashboard"] as const;

const madeCharts = (conversation: Conversation): Chart[] =>
  stepsWith(conversation, "chart").flatMap(({ answer }) => {
    const chart = Chart.safeParse(answer);
    return chart.success ? [chart.data] : [];
  });

const madeFiles = (conversation: Conversation): Map<string, FileRef> => {
  const files = new Map<string, FileRef>();
  for (const maker of MAKERS) {
    const file = FileResult.safeParse(lastStep(conversation, maker)?.answer);
    if (file.success) files.set(maker, file.data);
  }
  return files;
};

const makerCalls = (
  briefing: SpecialistBriefing,
  conversation: Conversation,
  makers: readonly string[],
): Call[] => {
  const charts = madeCharts(conversation);
  const document = { report: reportSpec(briefing, charts), charts };
  return makers.map((name) => ({
    name,
    args: name === "workbook" ? { ...workbookSpec(briefing) } : { ...document },
  }));
};

export const reporterStep = (
  briefing: SpecialistBriefing,
  conversation: Conversation,
): ModelAnswer => {
  const makers = MAKERS.filter(
    (name) =>
      conversation.tools.has(name) && (name !== "workbook" || briefing.inputs.tables.length > 0),
  );
  if (makers.length === 0)
    return say(`${SELF} None of the tools workbook, pdf and dashboard is there.`);
  const requests = conversation.tools.has("chart") ? chartRequests(briefing.inputs.tables) : [];
  if (requests.length > 0 && lastStep(conversation, "chart") === undefined) {
    return {
      text: "",
      calls: requests.map((request) => ({ name: "chart", args: { ...request } })),
    };
  }
  const files = madeFiles(conversation);
  const missing = makers.filter((name) => !files.has(name));
  // What failed is tried once more: a tool may have run out of time.
  const open = missing.filter((name) => stepsWith(conversation, name).length < 2);
  if (open.length > 0) return { text: "", calls: makerCalls(briefing, conversation, open) };
  if (missing.length > 0) {
    const why = missing.map(
      (name) => `${name}: ${lastStep(conversation, name)?.failure?.message ?? "no file"}`,
    );
    return say(`${SELF} The report could not be made. ${why.join("; ")}`);
  }
  const failed = requests.length - madeCharts(conversation).length;
  return call(submitToolFor("files"), {
    summary:
      "The report as workbook, PDF and dashboard, from the verified tables and the narrative.",
    files: [...files.values()].map(({ sha256 }) => sha256),
    notes: failed > 0 ? ["A chart could not be drawn and was left out."] : [],
  });
};
