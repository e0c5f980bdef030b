// report.html: one file that needs nothing else. No request leaves it: its policy forbids them, and
// allows only its own style sheet and script, by hash.
import { createHash } from "node:crypto";
import type { RenderedCell, RenderedStatement, StatementPart } from "../../protocol/index.ts";
import { DASHBOARD_SCRIPT } from "./dashboard-script.ts";
import { DASHBOARD_STYLE } from "./dashboard-style.ts";
import { dashboardTable } from "./dashboard-table.ts";
import type { KeyFigure } from "./key-figures.ts";
import { escapeHtml, markup, trusted, type Html } from "./markup.ts";
import type { ContentChart, ContentSection, ReportContent } from "./report-content.ts";
import { sanitiseSvg } from "./sanitise-svg.ts";

const NOTHING = markup``;

const hashOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(DASHBOARD_STYLE)}`,
  `script-src ${hashOf(DASHBOARD_SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const traced = ({ table, row, column }: RenderedCell): Html =>
  markup` data-table="${table}" data-row="${row}" data-column="${column}"`;

const part = (of: StatementPart): Html => {
  if (of.kind === "figure") return markup`<span dir="auto"${traced(of.cell)}>${of.text}</span>`;
  if (of.kind === "citation") {
    return markup`<sup><a href="#source-${of.text.slice(1, -1)}">${of.text}</a></sup>`;
  }
  return markup`${of.text}`;
};

const paragraph = ({ parts }: RenderedStatement): Html => markup`<p>${parts.map(part)}</p>\n`;

const ARROWS = { up: "▲", down: "▼", same: "■" } as const;

const tile = ({ label, cell, changes }: KeyFigure): Html => {
  const lines = changes.map((change) => {
    const arrow = markup`<span aria-hidden="true">${ARROWS[change.direction]}</span>`;
    const figure = markup`<span${traced(change.cell)}>${change.cell.text}</span>`;
    return markup`<span class="change ${change.direction}"><b>${arrow} ${figure}</b> ${change.label}</span>\n`;
  });
  return markup`<li class="tile"><span class="label">${label}</span>
<span class="value"${traced(cell)}>${cell.text}</span>
${lines}</li>\n`;
};

const figure = (chart: ContentChart, unique: string): Html => {
  const label = `Chart: ${chart.title}. Its figures are in the table “${chart.tableTitle}”.`;
  const svg = sanitiseSvg(chart.svg, { id: unique, label: escapeHtml(label) });
  return markup`<figure>${trusted(svg)}
<figcaption>Drawn from “${chart.tableTitle}”</figcaption></figure>\n`;
};

const card = (id: string, heading: string, body: readonly Html[]): Html =>
  markup`<section class="card" aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${body}</section>\n`;

const section = (of: ContentSection, at: number): Html =>
  card(`section-${at}`, of.heading, [
    ...of.statements.map(paragraph),
    ...of.charts.map((chart, i) => figure(chart, `chart-${at}-${i}`)),
    ...of.tables.map((table, i) => dashboardTable(table, `table-${at}-${i}`)),
  ]);

const list = (heading: string, lines: readonly string[]): Html[] =>
  lines.length === 0
    ? []
    : [markup`<h3>${heading}</h3>\n<ul>${lines.map((line) => markup`<li>${line}</li>\n`)}</ul>\n`];

const notes = ({ caveats, citations }: ReportContent): Html => {
  const cited = citations.map(
    ({ mark, text }) => markup`<li id="source-${mark}" value="${mark}">${text}</li>\n`,
  );
  const body = [
    ...list("Not covered", caveats.notCovered),
    ...list("Assumptions", caveats.assumptions),
    ...list("Data notes", caveats.notes),
    ...(cited.length === 0 ? [] : [markup`<h3>Cited documents</h3>\n<ol>${cited}</ol>\n`]),
  ];
  return body.length === 0 ? NOTHING : card("notes", "Notes", body);
};

const sources = ({ sources: files, queries }: ReportContent): Html =>
  card("sources", "Sources", [
    markup`<p>Every figure above is a cell of one of these results, computed from these files.</p>\n`,
    markup`<ul>${files.map(({ name, sha256, tables }) => {
      const as = tables.length === 0 ? NOTHING : markup` (read as ${tables.join(", ")})`;
      return markup`<li>${name}${as}<br><code>sha256 ${sha256}</code></li>\n`;
    })}</ul>\n`,
    ...queries.map(
      ({ id, title, sql }) =>
        markup`<details><summary>${title} <code>${id}</code></summary><pre><code>${sql}</code></pre></details>\n`,
    ),
  ]);

const masthead = (content: ReportContent): Html => {
  const { title, subtitle, period, goal, summary, keyFigures } = content;
  const told = period !== undefined && [title, subtitle].some((text) => text?.includes(period));
  const lines = [
    period === undefined || told ? NOTHING : markup`<p class="eyebrow">${period}</p>\n`,
    markup`<h1>${title}</h1>\n`,
    subtitle === undefined ? NOTHING : markup`<p class="subtitle">${subtitle}</p>\n`,
    markup`<p class="goal"><b>Goal:</b> ${goal}</p>\n`,
    summary.length === 0
      ? NOTHING
      : markup`<div class="summary" role="note" aria-label="Summary">${summary.map(paragraph)}</div>\n`,
    keyFigures.length === 0
      ? NOTHING
      : markup`<ul class="tiles" aria-label="Key figures">${keyFigures.map(tile)}</ul>\n`,
  ];
  return markup`<header>\n${lines}</header>\n`;
};

/** The whole page. Throws TOOL_FAILED when a chart is not the SVG that the chart tool writes. */
export const dashboardHtml = (content: ReportContent): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${content.title}</title>
<style>${trusted(DASHBOARD_STYLE)}</style>
</head>
<body>
${masthead(content)}<main>
${content.sections.map(section)}${notes(content)}${sources(content)}</main>
<footer>Made by Tutti. Figures are cells of verified results; none was typed.</footer>
<script>${trusted(DASHBOARD_SCRIPT)}</script>
</body>
</html>
`.text;
