import { createHash } from "node:crypto";
import { parseDocument } from "htmlparser2";
import { beforeAll, describe, expect, it } from "vitest";
import { formatCell, ToolFailure } from "../../../src/protocol/index.ts";
import { drawCharts, makeDocument, toolbox } from "./make-report.ts";
import { reportSpec } from "./sample-report.ts";
import { HOSTILE, SAMPLE_TABLES } from "./sample-tables.ts";

interface Element {
  readonly name: string;
  readonly attribs: Readonly<Record<string, string>>;
  readonly text: string;
}

interface RawNode {
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly attribs?: Record<string, string>;
  readonly children?: readonly RawNode[];
}

const textOf = (node: RawNode): string => node.data ?? (node.children ?? []).map(textOf).join("");

const elementsOf = (node: RawNode): Element[] => [
  ...(node.name === undefined
    ? []
    : [{ name: node.name, attribs: node.attribs ?? {}, text: textOf(node) }]),
  ...(node.children ?? []).flatMap(elementsOf),
];

describe("report.html", () => {
  let source: string;
  let elements: Element[];
  beforeAll(async () => {
    const { bytes } = await makeDocument("dashboard");
    source = Buffer.from(bytes).toString();
    elements = elementsOf(parseDocument(source));
  });
  const named = (name: string): Element[] => elements.filter((element) => element.name === name);

  it("traces every figure to its cell, and writes it as the cell is formatted", () => {
    const traced = elements.filter(({ attribs }) => attribs["data-table"] !== undefined);
    for (const { attribs, text } of traced) {
      const table = SAMPLE_TABLES.find(({ id }) => id === attribs["data-table"]);
      const at = table?.columns.findIndex(({ name }) => name === attribs["data-column"]) ?? -1;
      const column = table?.columns[at];
      const cell = table?.rows[Number(attribs["data-row"])]?.[at];
      if (column === undefined || cell === undefined) throw new Error(JSON.stringify(attribs));
      if (typeof cell === "string" && HOSTILE.includes(cell)) continue; // control characters are dropped
      expect(text).toBe(formatCell(cell, column));
    }
    expect(traced.length).toBeGreaterThan(1_500);
  });

  it.each(
    SAMPLE_TABLES.filter(({ id }) => id !== "trend").map((table) => [table.id, table] as const),
  )("shows every cell of %s", (id, table) => {
    const cells = new Set(
      elements
        .filter(({ name, attribs }) => name.startsWith("t") && attribs["data-table"] === id)
        .map(({ attribs }) => `${attribs["data-row"]} ${attribs["data-column"]}`),
    );
    expect(cells.size).toBe(table.rows.length * table.columns.length);
  });

  it("loads nothing: its policy allows only its own style and script", () => {
    const policy = named("meta").find(
      ({ attribs }) => attribs["http-equiv"] === "Content-Security-Policy",
    )?.attribs["content"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    for (const [kind, name] of [
      ["style-src", "style"],
      ["script-src", "script"],
    ] as const) {
      const [element, ...more] = named(name);
      expect(more).toEqual([]);
      const hash = createHash("sha256")
        .update(element?.text ?? "")
        .digest("base64");
      expect(policy).toContain(`${kind} 'sha256-${hash}'`);
    }
    for (const { name, attribs } of elements) {
      expect(["img", "iframe", "link", "object", "embed", "use", "image"]).not.toContain(name);
      const unsafe = /^on|^style$|^srcdoc$|^xlink|^src$|^action$/;
      expect(Object.keys(attribs).filter((attribute) => unsafe.test(attribute))).toEqual([]);
      expect(attribs["href"] ?? "#source-1").toMatch(/^#source-\d+$/);
    }
  });

  it("escapes what comes from the data, the goal and the model", () => {
    expect(source).not.toMatch(/<script>alert|<img|<b>bold|<names>|<!--/);
    expect(named("h2").map(({ text }) => text)).toContain("Odd & hostile <input>");
    expect(named("th").map(({ text }) => text)).toContain("<script>alert(1)</script>");
    expect(named("p").map(({ text }) => text)).toContainEqual(
      expect.stringContaining("<b>Names</b> such as <script>alert(1)</script>"),
    );
  });

  it("has tiles with the change against each comparison", () => {
    const [tile] = elements.filter(({ attribs }) => attribs["class"] === "tile");
    expect(tile?.text.replace(/\s+/g, " ")).toBe(
      "Revenue €1,864,223.17 ▲ +4.1% vs August 2026 ▼ -1.9% vs Plan ",
    );
  });

  it("has pictures with a description, and their ids are told apart", () => {
    const pictures = named("svg");
    expect(pictures).toHaveLength(3);
    expect(pictures[0]?.attribs).toMatchObject({
      role: "img",
      "aria-label": "Chart: Revenue by month. Its figures are in the table “Revenue by month”.",
    });
    const ids = elements.flatMap(({ attribs }) => attribs["id"] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("can be read by machines that read to people", () => {
    expect(named("html")[0]?.attribs["lang"]).toBe("en");
    expect(named("h1")).toHaveLength(1);
    for (const { attribs } of named("th")) expect(attribs["scope"]).toMatch(/^(row|col)$/);
    expect(named("caption")).toHaveLength(named("table").length);
  });

  it("says that nothing was found, what is not covered, and the sources", () => {
    expect(named("td").map(({ text }) => text)).toContain("None found.");
    const points = named("li").map(({ text }) => text);
    expect(points).toContain("“customer satisfaction”");
    expect(points).toContainEqual(expect.stringContaining("a".repeat(64)));
    expect(named("details")).toHaveLength(SAMPLE_TABLES.length);
  });
});

describe("a picture that is not the chart tool's is refused", () => {
  const { call, store } = toolbox();
  const report = { ...reportSpec, sections: [{ heading: "H", tables: [], charts: ["regions"] }] };
  let drawn: unknown;
  beforeAll(async () => {
    [drawn] = await drawCharts(call);
  });
  const showInstead = async (svg: string): Promise<unknown> => {
    const forged = await store.put(Buffer.from(svg), { name: "x.svg", mime: "image/svg+xml" });
    return call("dashboard", { report, charts: [{ ...(drawn as object), svg: forged }] });
  };
  const pictures: [string, string][] = [
    ["with a script", "<svg><script>alert(1)</script></svg>"],
    ["with foreign content", "<svg><foreignObject><p>x</p></foreignObject></svg>"],
    ["with an outside image", '<svg><image href="https://evil.example/x.png"/></svg>'],
    ["with an address in a colour", '<svg><rect fill="url(https://evil.example)"/></svg>'],
    [
      "with an address hidden in entities",
      '<svg><rect fill="&#117;rl(https://evil.example)"/></svg>',
    ],
    ["with a style sheet", "<svg><style>@import 'https://evil.example'</style></svg>"],
    ["with a comment", "<svg><!-- x --></svg>"],
    ["with a doctype", '<!DOCTYPE svg [<!ENTITY x "y">]><svg></svg>'],
    ["that does not end", "<svg><g>"],
    ["that is HTML", "<p>hello</p>"],
  ];
  it.each(pictures)("%s", async (_name, svg) => {
    const { error } = ToolFailure.parse(await showInstead(svg));
    expect(error.message).toContain("the chart's SVG has");
  });

  it("and event handlers and styles are dropped", async () => {
    const svg = '<svg viewBox="0 0 1 1" onload="alert(1)"><g style="x" class="y"></g></svg>';
    const { sha256 } = (await showInstead(svg)) as { sha256: string };
    const page = Buffer.from(await store.get(sha256)).toString();
    expect(page).toContain('viewBox="0 0 1 1"><g></g></svg>');
  });
});
