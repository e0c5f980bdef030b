// report.pdf: every number in its text is a verified cell's or part of a known text, and every cell of
// the tables it was asked to show is there.
import { extractText, getDocumentProxy } from "unpdf";
import { messageOf } from "../errors.ts";
import type { TaskContext } from "../ports/index.ts";
import type { FileRef, Finding, HandOver } from "../protocol/index.ts";
import { findingsOf } from "./finding.ts";
import { formattedFigures, knownText, squeeze, unknownNumbers } from "./known-text.ts";
import { documentTables } from "./reported-tables.ts";

const finding = findingsOf("files");
const MOST = 10;

const readPages = async (bytes: Uint8Array): Promise<string[] | Error> => {
  try {
    // A copy: pdf.js takes the buffer away from its owner.
    const pdf = await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0 });
    return (await extractText(pdf, { mergePages: false })).text;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

/** Figures that the tables due hold and the text does not. */
const checkComplete = (
  text: string,
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Finding[] => {
  const squeezed = squeeze(text);
  const due = formattedFigures(documentTables(handOver, "pdf", context) ?? []);
  return due
    .filter((figure) => !squeezed.includes(squeeze(figure.text)))
    .slice(0, MOST)
    .map((figure) =>
      finding(
        "file-mismatch",
        `${file.name} does not show ${figure.text} of ${figure.where}`,
        `files/${file.name}`,
      ),
    );
};

/** Findings of one document. */
export const checkPdf = async (
  bytes: Uint8Array,
  file: FileRef,
  handOver: HandOver,
  context: TaskContext,
): Promise<Finding[]> => {
  const where = `files/${file.name}`;
  const pages = await readPages(bytes);
  if (pages instanceof Error) {
    return [
      finding("unopenable-file", `${file.name} does not open as a PDF: ${messageOf(pages)}`, where),
    ];
  }
  const text = pages.join("\n");
  if (text.trim() === "")
    return [finding("empty-file", `${file.name} has ${pages.length} pages and no text`, where)];
  return [
    ...unknownNumbers(text, knownText(context))
      .slice(0, MOST)
      .map((number) =>
        finding(
          "invented-number",
          `${file.name} says ${number}, which is in no verified result`,
          where,
        ),
      ),
    ...checkComplete(text, file, handOver, context),
  ];
};
