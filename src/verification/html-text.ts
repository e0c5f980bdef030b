// A page's visible text and its figures, by a small tokenizer: no script runs, nothing is fetched.

export interface HtmlFigure {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  readonly text: string;
}

export interface HtmlPage {
  readonly figures: readonly HtmlFigure[];
  /** Visible text without the figures, a line for each element. */
  readonly text: string;
}

const TOKEN =
  /<!--[\s\S]*?-->|<![^>]*>|<(\/?)([a-zA-Z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>|[^<]+|</g;
const ATTRIBUTE = /([^\s=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;
const HIDDEN = new Set(["script", "style", "svg", "template", "noscript"]);
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  ndash: "–",
  mdash: "—",
  euro: "€",
  pound: "£",
};

const decode = (text: string): string =>
  text.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi,
    (whole: string, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );

const attributesOf = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(ATTRIBUTE)].map(([, name = "", double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ""),
    ]),
  );

/** Where a raw element (a script, a picture) ends. */
const skipElement = (page: string, name: string, from: number): number => {
  const end = new RegExp(`</${name}\\s*>`, "gi");
  end.lastIndex = from;
  return end.exec(page) === null ? page.length : end.lastIndex;
};

interface Open {
  readonly name: string;
  readonly figure?: { table: string; row: string; column: string };
  text: string;
}

/** Undefined when the bytes are no HTML page: no html element, or cut before its end. */
export const readHtml = (page: string): HtmlPage | undefined => {
  if (!/<html[\s>]/i.test(page) || !/<\/html\s*>\s*$/i.test(page) || page.includes("\u0000"))
    return undefined;
  const figures: HtmlFigure[] = [];
  const lines: string[] = [];
  const open: Open[] = [];
  const close = (name: string): void => {
    const at = open.findLastIndex((each) => each.name === name);
    for (const element of at < 0 ? [] : open.splice(at).reverse()) {
      if (element.figure === undefined) continue;
      figures.push({ ...element.figure, text: element.text.trim() });
    }
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(page); match !== null; match = TOKEN.exec(page)) {
    const [whole, slash, tag, rest = ""] = match;
    if (tag === undefined) {
      if (whole.startsWith("<!")) continue;
      const inside = open.findLast(({ figure }) => figure !== undefined);
      if (inside === undefined) lines.push(decode(whole));
      else inside.text += decode(whole);
      continue;
    }
    const name = tag.toLowerCase();
    if (slash === "/") close(name);
    else if (HIDDEN.has(name) && !rest.endsWith("/"))
      TOKEN.lastIndex = skipElement(page, name, TOKEN.lastIndex);
    else if (!VOID.has(name)) {
      const attributes = attributesOf(rest);
      const [table, row, column] = ["data-table", "data-row", "data-column"].map((key) =>
        attributes.get(key),
      );
      const figure =
        table === undefined || row === undefined || column === undefined
          ? undefined
          : { table, row, column };
      open.push({ name, text: "", ...(figure === undefined ? {} : { figure }) });
    }
  }
  return { figures, text: lines.join("\n") };
};
