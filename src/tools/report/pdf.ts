// report.pdf: the same content as the dashboard, on A4.
import type { RenderedStatement } from "../../protocol/index.ts";
import type { KeyFigure } from "./key-figures.ts";
import { CONTENT_WIDTH, PAGE, PdfPage, type TextRun, type TextStyle } from "./pdf-page.ts";
import { drawTable, tableStart } from "./pdf-table.ts";
import type { ContentChart, ContentSection, ReportContent } from "./report-content.ts";
import { COLORS } from "./theme.ts";

const BODY: TextStyle = { face: "condensed", size: 9.5, color: COLORS.ink };
const LEAD: TextStyle = { face: "condensed", size: 10.5, color: COLORS.ink };
const QUIET: TextStyle = { face: "condensed", size: 8.5, color: COLORS.muted };
const SMALL: TextStyle = { face: "condensed", size: 8, color: COLORS.ink };
const CODE: TextStyle = { face: "mono", size: 6.8, color: COLORS.ink };
const MAX_CHART_HEIGHT = 330;
const TILES_PER_ROW = 3;

interface Counters {
  figures: number;
  tables: number;
}

/** Figures stand out, so that the eye finds what is computed. */
const runsOf = ({ parts }: RenderedStatement): TextRun[] =>
  parts.map((part) =>
    part.kind === "figure" ? { text: part.text, face: "condensedBold" } : { text: part.text },
  );

const heading = (page: PdfPage, text: string, keep: number): void => {
  page.y += 10;
  page.ensure(46 + keep);
  page.doc.outline.addItem(text);
  page.paragraph([{ text }], { face: "condensedBold", size: 14, color: COLORS.ink }, "H2");
  page.y += 2;
  page.decoration(() =>
    page.doc
      .moveTo(PAGE.margin, page.y)
      .lineTo(PAGE.width - PAGE.margin, page.y)
      .lineWidth(0.6)
      .strokeColor(COLORS.rule)
      .stroke(),
  );
  page.y += 9;
};

const subheading = (page: PdfPage, text: string): void => {
  page.y += 4;
  page.ensure(34);
  page.paragraph([{ text }], { face: "condensedBold", size: 9.5, color: COLORS.ink }, "H3");
  page.y += 1;
};

const titleBlock = (page: PdfPage, content: ReportContent): void => {
  page.decoration(() => page.doc.rect(PAGE.margin, page.y, 54, 4).fill(COLORS.accent));
  page.y += 16;
  const { title, subtitle, period, goal } = content;
  page.paragraph([{ text: title }], { face: "condensedBold", size: 23, color: COLORS.ink }, "H1");
  const told = period === undefined || [title, subtitle].some((text) => text?.includes(period));
  const lines = [subtitle, told ? undefined : period].filter((text) => text !== undefined);
  for (const text of lines) page.paragraph([{ text }], { ...BODY, size: 12, color: COLORS.muted });
  page.y += 5;
  page.paragraph([{ text: "Goal: ", face: "condensedBold" }, { text: goal }], QUIET);
  page.y += 10;
};

const summaryBox = (page: PdfPage, summary: readonly RenderedStatement[]): void => {
  if (summary.length === 0) return;
  const inset = 14;
  const texts = summary.map((one) => page.wrap(runsOf(one), LEAD, CONTENT_WIDTH - 2 * inset));
  const count = texts.reduce((sum, lines) => sum + lines.length, 0);
  const height = count * page.lineHeight(LEAD.size) + 5 * (texts.length - 1) + 22;
  const boxed = height < page.bottom - PAGE.margin;
  if (boxed) {
    page.ensure(height);
    const top = page.y;
    page.decoration(() => {
      page.doc.rect(PAGE.margin, top, CONTENT_WIDTH, height).fill(COLORS.tint);
      page.doc.rect(PAGE.margin, top, 3, height).fill(COLORS.accent);
    });
  }
  page.y += 11;
  texts.forEach((lines, i) => {
    if (i > 0) page.y += 5;
    page.content("P", () => page.drawLines(lines, LEAD, PAGE.margin + inset));
  });
  page.y += 11 + 12;
};

const ARROWS = { up: "▲", down: "▼", same: "■" } as const;

const drawTile = (
  page: PdfPage,
  figure: KeyFigure,
  x: number,
  top: number,
  width: number,
): void => {
  const inner = width - 22;
  const left = x + 11;
  const one = (text: string, y: number, style: TextStyle): void => {
    const drawn = page.drawable(text, style.face);
    const natural = page.widthOf(drawn, style.face, style.size);
    const size = Math.max(5, Math.min(style.size, (style.size * inner) / natural));
    const run = { text: drawn, face: style.face, width: natural };
    page.drawLine([run], left, y + (style.size - size), { ...style, size });
  };
  page.content("P", () => {
    one(figure.label, top + 9, QUIET);
    one(figure.cell.text, top + 22, { face: "condensedBold", size: 17, color: COLORS.ink });
    figure.changes.forEach(({ cell, label, direction }, i) => {
      const y = top + 49 + i * 12;
      const color = direction === "same" ? COLORS.muted : COLORS[direction];
      const change = page.drawable(`${ARROWS[direction]} ${cell.text}`);
      const style: TextStyle = { face: "condensedBold", size: 8.2, color };
      const size = page.widthOf(change, style.face, style.size);
      page.drawLine([{ text: change, face: style.face, width: size }], left, y, style);
      const rest = page.wrap([{ text: label }], SMALL, inner - size - 5);
      page.drawLine(rest[0] ?? [], left + size + 5, y, {
        ...SMALL,
        size: 8.2,
        color: COLORS.muted,
      });
    });
  });
};

const tiles = (page: PdfPage, figures: readonly KeyFigure[]): void => {
  if (figures.length === 0) return;
  const gap = 10;
  const perRow = figures.length === 4 ? 2 : Math.min(TILES_PER_ROW, figures.length);
  const width = (CONTENT_WIDTH - gap * (perRow - 1)) / Math.max(2, perRow);
  const changes = Math.max(0, ...figures.map((figure) => figure.changes.length));
  const height = 52 + changes * 12;
  for (let from = 0; from < figures.length; from += perRow) {
    page.ensure(height + gap);
    const top = page.y;
    figures.slice(from, from + perRow).forEach((figure, i) => {
      const x = PAGE.margin + i * (width + gap);
      page.decoration(() =>
        page.doc
          .roundedRect(x, top, width, height, 5)
          .lineWidth(0.7)
          .strokeColor(COLORS.rule)
          .stroke(),
      );
      drawTile(page, figure, x, top, width);
    });
    page.y = top + height + gap;
  }
  page.y += 4;
};

interface OpenedImage {
  readonly width: number;
  readonly height: number;
}

// pdfkit's types leave out `openImage`, and that `image` takes what it returns.
const openImage = (doc: PDFKit.PDFDocument, png: Uint8Array): OpenedImage =>
  (doc as unknown as { openImage(bytes: Buffer): OpenedImage }).openImage(Buffer.from(png));

const chart = (page: PdfPage, of: ContentChart, counters: Counters): void => {
  const image = openImage(page.doc, of.png);
  const scale = Math.min(CONTENT_WIDTH / image.width, MAX_CHART_HEIGHT / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  page.ensure(height + 26);
  const top = page.y;
  const x = PAGE.margin + (CONTENT_WIDTH - width) / 2;
  const alt = `Chart: ${of.title}. Its figures are in the table “${of.tableTitle}”.`;
  page.content(
    "Figure",
    () => page.doc.image(image as unknown as string, x, top, { width, height }),
    { alt },
  );
  page.y = top + height + 3;
  counters.figures += 1;
  const caption = `Figure ${counters.figures}. ${of.title}. Drawn from “${of.tableTitle}”.`;
  page.paragraph([{ text: caption }], { ...QUIET, size: 8 }, "Caption");
  page.y += 12;
};

const section = (
  page: PdfPage,
  of: ContentSection,
  counters: Counters,
  check: () => void,
): void => {
  const [firstTable] = of.tables;
  const keep =
    of.statements.length > 0 || firstTable === undefined
      ? 60
      : of.charts.length > 0
        ? 230
        : tableStart(page, firstTable);
  heading(page, of.heading, keep);
  for (const statement of of.statements) {
    page.paragraph(runsOf(statement), BODY);
    page.y += 3;
  }
  if (of.statements.length > 0) page.y += 7;
  for (const one of of.charts) chart(page, one, counters);
  for (const table of of.tables) {
    counters.tables += 1;
    drawTable(page, table, `Table ${counters.tables}. ${table.title}`, check);
  }
};

const bullets = (page: PdfPage, title: string, lines: readonly string[]): void => {
  if (lines.length === 0) return;
  subheading(page, title);
  for (const line of lines) {
    const wrapped = page.wrap([{ text: line }], SMALL, CONTENT_WIDTH - 12);
    page.ensure(page.lineHeight(SMALL.size));
    page.decoration(() =>
      page.doc.circle(PAGE.margin + 4, page.y + SMALL.size * 0.62, 1.3).fill(COLORS.accent),
    );
    page.content("P", () => page.drawLines(wrapped, SMALL, PAGE.margin + 12));
    page.y += 2;
  }
};

const notes = (page: PdfPage, { caveats, citations }: ReportContent): void => {
  const { notCovered, assumptions, notes: data } = caveats;
  const boxes =
    page.missingGlyphs === 0
      ? []
      : ["Characters that the embedded font lacks are shown as □; report.html shows them."];
  if ([notCovered, assumptions, data, citations, boxes].every(({ length }) => length === 0)) return;
  heading(page, "Notes", 40);
  bullets(page, "Not covered", notCovered);
  bullets(page, "Assumptions", assumptions);
  bullets(page, "Data notes", [...data, ...boxes]);
  bullets(
    page,
    "Cited documents",
    citations.map(({ mark, text }) => `[${mark}] ${text}`),
  );
};

const sources = (page: PdfPage, { sources: files, queries }: ReportContent): void => {
  heading(page, "Sources", 60);
  const intro =
    "Every figure in this report is a cell of one of these results, computed from these files.";
  page.paragraph([{ text: intro }], SMALL);
  subheading(page, "Files");
  for (const { name, sha256, tables } of files) {
    const as = tables.length === 0 ? "" : ` (read as ${tables.join(", ")})`;
    page.ensure(28);
    page.paragraph([{ text: name, face: "condensedBold" }, { text: as }], SMALL);
    page.paragraph([{ text: `sha256 ${sha256}` }], CODE);
    page.y += 3;
  }
  subheading(page, "Queries");
  for (const { id, title, sql } of queries) {
    page.ensure(34);
    page.paragraph([{ text: title, face: "condensedBold" }, { text: `  ${id}` }], SMALL);
    page.paragraph([{ text: sql }], CODE, "Code", 8);
    page.y += 6;
  }
};

/** The file's bytes. `check` is called for every table row and may throw to stop. */
export const pdfReport = async (
  content: ReportContent,
  check: () => void = () => undefined,
): Promise<Uint8Array> => {
  const page = new PdfPage(content.title);
  const counters: Counters = { figures: 0, tables: 0 };
  titleBlock(page, content);
  summaryBox(page, content.summary);
  tiles(page, content.keyFigures);
  for (const one of content.sections) section(page, one, counters, check);
  notes(page, content);
  sources(page, content);
  return page.finish(content.title);
};
