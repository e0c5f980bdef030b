// Makes a chart's SVG fit to stand inside a page: an allow-list of elements and attributes, ids of its
// own, no address that leaves it. What is not the plain SVG that the chart tool writes is refused.
import { TuttiError } from "../../errors.ts";
import { COLORS, PALETTE } from "./theme.ts";

const ELEMENTS = new Set(
  "svg g path text tspan rect line circle ellipse polygon polyline defs clipPath linearGradient radialGradient stop".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  (
    "width height viewBox fill stroke d transform x y x1 x2 y1 y2 cx cy r rx ry dx dy opacity offset id points " +
    "fill-opacity stroke-opacity stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray " +
    "stroke-dashoffset stop-color stop-opacity text-anchor font-size font-weight font-style clip-path display " +
    "dominant-baseline fr fx fy gradientUnits gradientTransform"
  ).split(" "),
);
const TAG = /<(\/?)([A-Za-z]+)((?:\s+[A-Za-z][\w:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /([A-Za-z][\w:-]*)="([^"<]*)"/g;

/** Colours of the theme -> CSS variables, so that a chart follows the page into dark mode. */
const VARIABLES: ReadonlyMap<string, string> = new Map<string, string>([
  ...PALETTE.map((color, i): [string, string] => [color, `var(--series-${i + 1})`]),
  [COLORS.ink, "var(--ink)"],
  [COLORS.muted, "var(--muted)"],
  [COLORS.faint, "var(--faint)"],
  [COLORS.rule, "var(--rule)"],
  [COLORS.grid, "var(--grid)"],
  [COLORS.paper, "var(--card)"],
]);

const refuse = (what: string): TuttiError =>
  new TuttiError("TOOL_FAILED", `the chart's SVG has ${what}`, {
    hint: "Pass charts exactly as the chart tool returned them.",
  });

const attributesOf = (text: string, prefix: string, element: string): string => {
  let kept = "";
  for (const [, name = "", value = ""] of text.matchAll(ATTRIBUTE)) {
    if (!ATTRIBUTES.has(name)) continue;
    if (element === "svg" && (name === "width" || name === "height")) continue;
    const shown =
      name === "id" ? `${prefix}${value}` : value.replace(/url\(#([\w-]+)\)/g, `url(#${prefix}$1)`);
    if (/url\s*\((?!#)|&#|javascript:/i.test(shown))
      throw refuse(`a value \`${value.slice(0, 40)}\``);
    kept += ` ${name}="${VARIABLES.get(shown.toLowerCase()) ?? shown}"`;
  }
  return kept;
};

/** Throws TOOL_FAILED when the text is not the kind of SVG that the chart tool writes. */
export const sanitiseSvg = (svg: string, options: { id: string; label: string }): string => {
  const tag = new RegExp(TAG);
  const open: string[] = [];
  let out = "";
  while (tag.lastIndex < svg.length) {
    const at = tag.lastIndex;
    const match = tag.exec(svg);
    if (match === null)
      throw refuse(`something unexpected at ${at}: \`${svg.slice(at, at + 30)}\``);
    const [, closing, name, attributes = "", selfClosing, text] = match;
    if (text !== undefined || name === undefined) {
      out += text ?? "";
      continue;
    }
    if (!ELEMENTS.has(name)) throw refuse(`an element <${name}>`);
    if (closing === "/") {
      if (open.pop() !== name) throw refuse(`a stray </${name}>`);
      out += `</${name}>`;
      continue;
    }
    if (open.length === 0 && (name !== "svg" || out.trim() !== ""))
      throw refuse("no <svg> around it");
    const root = open.length === 0 ? ` role="img" aria-label="${options.label}"` : "";
    out += `<${name}${root}${attributesOf(attributes, `${options.id}-`, name)}${selfClosing}>`;
    if (selfClosing !== "/") open.push(name);
  }
  if (open.length > 0 || out === "") throw refuse("no end");
  return out;
};
