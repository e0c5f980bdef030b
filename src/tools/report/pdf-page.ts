// A4 pages with a cursor: fonts, wrapped text, page breaks, footers and the tags that screen readers use.
// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import PDFDocument from "pdfkit";
import { FONT_FILES } from "./fonts.ts";
import { plainText } from "./plain-text.ts";
import { COLORS } from "./theme.ts";
import { visualPieces } from "./visual-order.ts";

export type Face = "condensed" | "condensedBold" | "mono";

export interface TextStyle {
  readonly face: Face;
  readonly size: number;
  readonly color: string;
}

export interface TextRun {
  readonly text: string;
  readonly face?: Face;
}

/** A line ready to be drawn: its runs, each with its width in points. */
export type Line = readonly {
  readonly text: string;
  readonly face: Face;
  readonly width: number;
}[];

export const PAGE = { width: 595.28, height: 841.89, margin: 50, foot: 62 } as const;
export const CONTENT_WIDTH = PAGE.width - 2 * PAGE.margin;
const LINE_HEIGHT = 1.42;
const MISSING_GLYPH = "\u25a1";

/** Joiners and variation selectors: without the glyph nothing is lost. */
const isInvisible = (char: string): boolean => {
  const code = char.codePointAt(0) ?? 0;
  return (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f);
};

// pdfkit has no public way to ask whether a font can draw a character.
interface GlyphFont {
  readonly font?: { hasGlyphForCodePoint(codePoint: number): boolean };
}

export class PdfPage {
  readonly doc: PDFKit.PDFDocument;
  /** Distance from the top of the page. */
  y: number = PAGE.margin;
  #tag: PDFKit.PDFStructureElement | undefined;
  #missing = 0;
  readonly #widths = new Map<string, number>();

  constructor(title: string) {
    this.doc = new PDFDocument({
      size: [PAGE.width, PAGE.height],
      margin: 0,
      bufferPages: true,
      pdfVersion: "1.7",
      tagged: true,
      lang: "en-GB",
      displayTitle: true,
      info: { Title: title, Creator: "Tutti", Producer: "Tutti", CreationDate: new Date(0) },
    });
    for (const [name, file] of Object.entries(FONT_FILES)) this.doc.registerFont(name, file);
    const root = this.doc.struct("Document");
    this.doc.addStructure(root);
    this.#tag = root;
  }

  /** Characters that no embedded font can draw and that are shown as boxes. */
  get missingGlyphs(): number {
    return this.#missing;
  }

  get bottom(): number {
    return PAGE.height - PAGE.foot;
  }

  /** Draws inside a structure element, e.g. `Table`, `TR`, `P`. */
  tagged(
    type: string,
    draw: () => void,
    options: PDFKit.Mixins.StructureElementOptions = {},
  ): void {
    const parent = this.#tag;
    const element = this.doc.struct(type, options);
    parent?.add(element);
    this.#tag = element;
    draw();
    element.end();
    this.#tag = parent;
  }

  /** Draws content that belongs to the current structure element. */
  content(
    type: string,
    draw: () => void,
    options: PDFKit.Mixins.StructureElementOptions = {},
  ): void {
    const element = this.doc.struct(type, options, draw);
    this.#tag?.add(element);
    element.end();
  }

  /** Draws decoration, which is read by nobody. */
  decoration(draw: () => void): void {
    this.doc.markContent("Artifact", { type: "Layout" });
    draw();
    this.doc.endMarkedContent();
  }

  newPage(): void {
    this.doc.addPage();
    this.y = PAGE.margin;
  }

  /** Breaks the page unless so many points are left on it; true when it did. */
  ensure(height: number): boolean {
    if (this.y + height <= this.bottom || this.y <= PAGE.margin) return false;
    this.newPage();
    return true;
  }

  widthOf(text: string, face: Face, size: number): number {
    const key = `${face} ${text}`;
    let unit = this.#widths.get(key);
    if (unit === undefined) {
      unit = this.doc.font(face).fontSize(100).widthOfString(text) / 100;
      this.#widths.set(key, unit);
    }
    return unit * size;
  }

  /** Text that the font can draw, in the order in which it is read on paper. */
  drawable(text: string, face: Face = "condensed"): string {
    // oxlint-disable-next-line no-underscore-dangle -- pdfkit's name
    const { font } = (this.doc.font(face) as unknown as { readonly _font: GlyphFont })._font;
    let out = "";
    for (const char of plainText(text).replaceAll("\t", " ")) {
      const known = char === "\n" || font?.hasGlyphForCodePoint(char.codePointAt(0) ?? 0) !== false;
      if (known) out += char;
      else if (!isInvisible(char)) {
        out += MISSING_GLYPH;
        this.#missing += 1;
      }
    }
    return out;
  }

  /** Breaks runs into lines of at most `width` points; words that are longer are cut. */
  wrap(runs: readonly TextRun[], style: TextStyle, width: number): Line[] {
    const lines: { text: string; face: Face; width: number }[][] = [[]];
    let left = width;
    const push = (text: string, face: Face, size: number): void => {
      const line = lines.at(-1) ?? [];
      const last = line.at(-1);
      if (last?.face === face) {
        last.text += text;
        last.width += size;
      } else line.push({ text, face, width: size });
      left -= size;
    };
    const newLine = (): void => {
      lines.push([]);
      left = width;
    };
    for (const { text, face = style.face } of runs) {
      for (const piece of this.drawable(text, face).split(/(\n| +)/)) {
        if (piece === "\n") newLine();
        else if (piece !== "") {
          const size = this.widthOf(piece, face, style.size);
          if (size > left && left < width && piece.trim() !== "") newLine();
          if (piece.trim() === "" && left === width && style.face !== "mono") continue;
          if (size <= left) push(piece, face, size);
          else {
            for (const char of piece) {
              const one = this.widthOf(char, face, style.size);
              if (one > left) newLine();
              push(char, face, one);
            }
          }
        }
      }
    }
    return lines;
  }

  lineHeight(size: number): number {
    return size * LINE_HEIGHT;
  }

  drawLine(line: Line, x: number, y: number, style: TextStyle): void {
    let at = x;
    for (const { text, face } of line) {
      for (const piece of visualPieces(text)) {
        this.doc.font(face).fontSize(style.size).fillColor(style.color);
        this.doc.text(piece, at, y, { lineBreak: false });
        at += this.widthOf(piece, face, style.size);
      }
    }
  }

  /** Draws lines one below the other from the cursor on, over page breaks. */
  drawLines(lines: readonly Line[], style: TextStyle, x: number = PAGE.margin): void {
    for (const line of lines) {
      this.ensure(this.lineHeight(style.size));
      this.drawLine(line, x, this.y, style);
      this.y += this.lineHeight(style.size);
    }
  }

  paragraph(runs: readonly TextRun[], style: TextStyle, tag = "P", indent = 0): void {
    const lines = this.wrap(runs, style, CONTENT_WIDTH - indent);
    this.ensure(this.lineHeight(style.size) * Math.min(lines.length, 2));
    this.content(tag, () => this.drawLines(lines, style, PAGE.margin + indent));
  }

  /** Writes the footers, closes the file and returns its bytes. */
  async finish(footer: string): Promise<Uint8Array> {
    const { start, count } = this.doc.bufferedPageRange();
    const style: TextStyle = { face: "condensed", size: 7.5, color: COLORS.muted };
    const left = this.wrap([{ text: footer }], style, CONTENT_WIDTH - 80)[0] ?? [];
    for (let page = start; page < start + count; page += 1) {
      this.doc.switchToPage(page);
      this.doc.markContent("Artifact", { type: "Pagination" });
      const y = PAGE.height - 40;
      this.doc
        .moveTo(PAGE.margin, y - 8)
        .lineTo(PAGE.width - PAGE.margin, y - 8)
        .lineWidth(0.5)
        .strokeColor(COLORS.rule)
        .stroke();
      this.drawLine(left, PAGE.margin, y, style);
      const number = `Page ${page - start + 1} of ${count}`;
      const width = this.widthOf(number, style.face, style.size);
      const line = [{ text: number, face: style.face, width }];
      this.drawLine(line, PAGE.width - PAGE.margin - width, y, style);
      this.doc.endMarkedContent();
    }
    const chunks: Uint8Array[] = [];
    const done = new Promise<void>((resolve, reject) => {
      this.doc.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      this.doc.on("end", resolve).on("error", reject);
    });
    this.doc.end();
    await done;
    return new Uint8Array(Buffer.concat(chunks));
  }
}
