// HTML by template (not called `html`: formatters reflow templates of that name): what is put into the holes is escaped, unless it is HTML already.

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

export type HtmlHole = string | number | Html | undefined | readonly HtmlHole[];

const fill = (hole: HtmlHole): string => {
  if (hole === undefined) return "";
  if (hole instanceof Html) return hole.text;
  if (typeof hole === "string" || typeof hole === "number") return escapeHtml(String(hole));
  return hole.map(fill).join("");
};

export const markup = (strings: TemplateStringsArray, ...holes: readonly HtmlHole[]): Html =>
  new Html(strings.map((part, i) => part + (i < holes.length ? fill(holes[i]) : "")).join(""));

/** Text that is HTML (or CSS, or script) already, by someone to be trusted. */
export const trusted = (text: string): Html => new Html(text);
