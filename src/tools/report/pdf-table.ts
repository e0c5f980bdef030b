// Tables on paper: columns as wide as their figures, a header on every page, and column groups one below
// the other when a table is too wide even in small type.
import type { DisplayTable } from "./display-table.ts";
import {
  CONTENT_WIDTH,
  PAGE,
  type Face,
  type Line,
  type PdfPage,
  type TextStyle,
} from "./pdf-page.ts";
import { COLORS } from "./theme.ts";

const SIZES = [8, 7.25, 6.5] as const;
const SPLIT_SIZE = 7.5;
const GAP = 10;
const PAD = 3.2;
const MAX_LABEL = 170;
const MAX_CELL_CHARS = 400;
const SAMPLE = 24;
const SMALL_TABLE = 12;

interface Column {
  readonly at: number;
  readonly width: number;
}

interface Layout {
  readonly size: number;
  readonly columns: readonly Column[];
}

const isRight = (table: DisplayTable, at: number): boolean => table.columns[at]?.align === "right";
const faceOf = (at: number): Face => (at === 0 ? "condensedBold" : "condensed");

const shorten = (text: string): string =>
  text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS)}…` : text;

/** Width a column wants: its longest cell, and the longest word of its heading. */
const naturalWidth = (page: PdfPage, table: DisplayTable, at: number, size: number): number => {
  const cells = table.rows.map((row) => row[at]?.text ?? "");
  const longest = [...new Set(cells)].sort((a, b) => b.length - a.length).slice(0, SAMPLE);
  const widest = Math.max(0, ...longest.map((text) => page.widthOf(text, faceOf(at), size)));
  const words = (table.columns[at]?.title ?? "").split(/\s+/);
  const heading = Math.max(...words.map((word) => page.widthOf(word, "condensedBold", size)));
  const cell = isRight(table, at) ? widest : Math.min(widest, (MAX_LABEL * size) / 8);
  return Math.min(Math.max(cell, Math.min(heading, 110), 14) + 0.5, CONTENT_WIDTH * 0.6);
};

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, widths.length - 1) + 2 * PAD;

/** Widens columns so that a table that is nearly as wide as the page fills it. */
const spread = (columns: readonly Column[]): Column[] => {
  const total = totalOf(columns.map(({ width }) => width));
  const goal = Math.min(CONTENT_WIDTH, Math.max(total * 1.7, CONTENT_WIDTH * 0.45));
  const extra = Math.max(0, goal - total) / columns.length;
  return columns.map(({ at, width }) => ({ at, width: width + extra }));
};

/** One layout when the table fits, else one for each group of columns, the row names repeated in each. */
const layoutsOf = (page: PdfPage, table: DisplayTable): Layout[] => {
  const all = table.columns.map((_, at) => at);
  const widthsAt = (size: number): number[] => all.map((at) => naturalWidth(page, table, at, size));
  for (const size of SIZES) {
    const widths = widthsAt(size);
    if (totalOf(widths) <= CONTENT_WIDTH) {
      return [{ size, columns: spread(all.map((at) => ({ at, width: widths[at] ?? 0 }))) }];
    }
  }
  const widths = widthsAt(SPLIT_SIZE);
  const names = all.slice(0, table.labels);
  const fits = (ats: readonly number[]): boolean =>
    totalOf(ats.map((at) => widths[at] ?? 0)) <= CONTENT_WIDTH;
  // Row names that alone fill the page cannot be repeated beside every group.
  const repeated = fits([...names, ...table.blocks.flat().slice(0, 1)]) ? names : names.slice(0, 1);
  const groups: number[][] = repeated.length < names.length ? [names] : [];
  let open: number[] | undefined;
  for (const block of table.blocks) {
    const pieces = fits([...repeated, ...block]) ? [block] : block.map((at) => [at]);
    for (const piece of pieces) {
      if (open !== undefined && fits([...repeated, ...open, ...piece])) open.push(...piece);
      else {
        open = [...piece];
        groups.push(open);
      }
    }
  }
  return groups.map((group) => {
    const ats = group === names ? names : [...repeated, ...group];
    const sum = totalOf(ats.map((at) => widths[at] ?? 0));
    const scale = Math.min(1, CONTENT_WIDTH / sum);
    const columns = ats.map((at) => ({ at, width: (widths[at] ?? 0) * scale }));
    return { size: SPLIT_SIZE, columns: spread(columns) };
  });
};

interface DrawnCell {
  readonly lines: readonly Line[];
  readonly x: number;
  readonly column: Column;
  readonly right: boolean;
}

const placeCells = (
  page: PdfPage,
  table: DisplayTable,
  layout: Layout,
  textAt: (at: number) => string,
  face: (at: number) => Face,
): { cells: DrawnCell[]; height: number } => {
  let x = PAGE.margin + PAD;
  const cells = layout.columns.map((column) => {
    const style: TextStyle = { face: face(column.at), size: layout.size, color: COLORS.ink };
    const lines = page.wrap([{ text: shorten(textAt(column.at)) }], style, column.width);
    const cell = { lines, x, column, right: isRight(table, column.at) };
    x += column.width + GAP;
    return cell;
  });
  const most = Math.max(1, ...cells.map(({ lines }) => lines.length));
  return { cells, height: most * page.lineHeight(layout.size) + 2 * PAD };
};

const widthOfLine = (line: Line): number => line.reduce((sum, { width }) => sum + width, 0);

const drawCell = (page: PdfPage, cell: DrawnCell, top: number, style: TextStyle): void => {
  cell.lines.forEach((line, i) => {
    const indent = cell.right ? cell.column.width - widthOfLine(line) : 0;
    page.drawLine(line, cell.x + indent, top + i * page.lineHeight(style.size), style);
  });
};

const layoutWidth = ({ columns }: Layout): number => totalOf(columns.map(({ width }) => width));

const drawHead = (page: PdfPage, table: DisplayTable, layout: Layout, again: boolean): void => {
  const { cells, height } = placeCells(
    page,
    table,
    layout,
    (at) => table.columns[at]?.title ?? "",
    () => "condensedBold",
  );
  const style: TextStyle = { face: "condensedBold", size: layout.size, color: COLORS.muted };
  const top = page.y;
  const draw = (cell: DrawnCell): void => {
    const lift = height - PAD - cell.lines.length * page.lineHeight(layout.size);
    drawCell(page, cell, top + lift, style);
  };
  if (again) page.decoration(() => cells.forEach(draw));
  else {
    page.tagged("TR", () => cells.forEach((cell) => page.content("TH", () => draw(cell))));
  }
  page.y = top + height;
  page.decoration(() =>
    page.doc
      .moveTo(PAGE.margin, page.y)
      .lineTo(PAGE.margin + layoutWidth(layout), page.y)
      .lineWidth(1)
      .strokeColor(COLORS.accent)
      .stroke(),
  );
};

const drawRow = (page: PdfPage, table: DisplayTable, layout: Layout, row: number): void => {
  const { cells, height } = placeCells(
    page,
    table,
    layout,
    (at) => table.rows[row]?.[at]?.text ?? "",
    faceOf,
  );
  if (page.ensure(height)) drawHead(page, table, layout, true);
  const top = page.y;
  if (row % 2 === 1) {
    page.decoration(() =>
      page.doc.rect(PAGE.margin, top, layoutWidth(layout), height).fill(COLORS.zebra),
    );
  }
  page.tagged("TR", () =>
    cells.forEach((cell) => {
      const tag = cell.column.at === 0 && table.labels > 0 ? "TH" : "TD";
      const style = { face: faceOf(cell.column.at), size: layout.size, color: COLORS.ink };
      page.content(tag, () => drawCell(page, cell, top + PAD, style));
    }),
  );
  page.y = top + height;
};

/** A small table stays together; of a long one the heading and three rows do. */
const heightToKeep = (page: PdfPage, table: DisplayTable, layout: Layout): number => {
  const head = (at: number): string => table.columns[at]?.title ?? "";
  const { height } = placeCells(page, table, layout, head, () => "condensedBold");
  const rows = table.rows.length <= SMALL_TABLE ? table.rows.length : 3;
  const heights = table.rows
    .slice(0, rows)
    .map((row) => placeCells(page, table, layout, (at) => row[at]?.text ?? "", faceOf).height);
  const sum = 16 + height + heights.reduce((total, one) => total + one, 0) + 2;
  return Math.min(sum, (page.bottom - PAGE.margin) * 0.6);
};

/** Height that the beginning of the table takes, so that a heading can stay with it. */
export const tableStart = (page: PdfPage, table: DisplayTable): number => {
  const [first] = layoutsOf(page, table);
  return first === undefined ? 0 : heightToKeep(page, table, first);
};

/** Draws the table at the cursor. `check` is called for every row and may throw to stop. */
export const drawTable = (
  page: PdfPage,
  table: DisplayTable,
  caption: string,
  check: () => void,
): void => {
  const layouts = layoutsOf(page, table);
  layouts.forEach((layout, part) => {
    const more = layouts.length > 1 ? ` (columns, part ${part + 1} of ${layouts.length})` : "";
    page.ensure(heightToKeep(page, table, layout));
    const style: TextStyle = { face: "condensedBold", size: 8.5, color: COLORS.ink };
    page.paragraph([{ text: `${caption}${more}` }], style, "Caption");
    page.y += 1;
    page.tagged("Table", () => {
      drawHead(page, table, layout, false);
      table.rows.forEach((_, row) => {
        check();
        drawRow(page, table, layout, row);
      });
    });
    if (table.rows.length === 0) {
      page.y += 4;
      page.paragraph([{ text: table.empty }], { ...style, face: "condensed", color: COLORS.muted });
    }
    if (table.note !== undefined) {
      page.paragraph([{ text: table.note }], { face: "condensed", size: 7.5, color: COLORS.muted });
    }
    page.y += 12;
  });
};
