// A table of the dashboard. Every figure's cell says which cell of which result it shows.
import type { Cell } from "../../protocol/index.ts";
import type { DisplayCell, DisplayTable } from "./display-table.ts";
import { markup, type Html } from "./markup.ts";

const LONG = 20;
const WIDE = 12;
const NOTHING = markup``;

const sortValue = (value: Cell | undefined): string =>
  value === undefined || value === null ? "" : String(value);

/** Attributes that lead from what is shown to the cell of the verified result. */
const trace = ({ ref, value }: DisplayCell): Html =>
  ref === undefined
    ? NOTHING
    : markup` data-table="${ref.table}" data-row="${ref.row}" data-column="${ref.column}" data-value="${sortValue(value)}"`;

const classesOf = (table: DisplayTable): Html[] => {
  const starts = new Set(table.blocks.filter((b) => b.length > 1).flatMap((b) => b.slice(0, 1)));
  return table.columns.map(({ align }, at) => {
    const block = starts.has(at) && at > table.labels;
    const names = [align === "right" ? "num" : "", block ? "block" : ""].filter(Boolean);
    return names.length === 0 ? NOTHING : markup` class="${names.join(" ")}"`;
  });
};

/** `unique` makes the ids of two pictures of the same table differ. */
export const dashboardTable = (table: DisplayTable, unique: string): Html => {
  const classes = classesOf(table);
  const long = table.rows.length > LONG;
  const cell = (shown: DisplayCell, at: number): Html => {
    const direction = table.columns[at]?.align === "left" ? markup` dir="auto"` : NOTHING;
    const attributes = markup`${direction}${classes[at]}${trace(shown)}`;
    return at < table.labels && at === 0
      ? markup`<th scope="row"${attributes}>${shown.text}</th>`
      : markup`<td${attributes}>${shown.text}</td>`;
  };
  const rows =
    table.rows.length === 0
      ? markup`<tr><td class="none" colspan="${table.columns.length}">${table.empty}</td></tr>`
      : table.rows.map((row) => markup`<tr>${row.map(cell)}</tr>\n`);
  const heads = table.columns.map(
    ({ title }, at) => markup`<th scope="col"${classes[at]}>${title}</th>`,
  );
  const count = long ? markup` · ${table.rows.length} rows` : NOTHING;
  const filter = long ? markup`<div class="filter" data-filter="${unique}"></div>\n` : NOTHING;
  const sortable = table.rows.length > 1 ? markup` data-sortable=""` : NOTHING;
  const wide = table.columns.length > WIDE ? markup` class="wide"` : NOTHING;
  const note = table.note === undefined ? NOTHING : markup`<p class="note">${table.note}</p>\n`;
  return markup`${filter}<div class="scroll${long ? " long" : ""}" role="region" aria-label="${table.title}" tabindex="0">
<table id="${unique}"${wide}${sortable}>
<caption><b>${table.title}</b>${count}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${rows}</tbody>
</table></div>
${note}`;
};
