// The dashboard's style sheet: light and dark, screen and print.
import { COLORS, PALETTE } from "./theme.ts";

const variables = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `--${name}:${value};`)
    .join("");

const series = (colors: readonly string[]): Record<string, string> =>
  Object.fromEntries(colors.map((color, i) => [`series-${i + 1}`, color]));

const LIGHT = variables({
  page: "#f3f6f8",
  card: COLORS.paper,
  ink: COLORS.ink,
  muted: COLORS.muted,
  faint: COLORS.faint,
  rule: COLORS.rule,
  grid: COLORS.grid,
  zebra: COLORS.zebra,
  tint: COLORS.tint,
  accent: COLORS.accent,
  up: COLORS.up,
  down: COLORS.down,
  ...series(PALETTE),
});

const DARK = variables({
  page: "#0f151b",
  card: "#18212a",
  ink: "#e8eef3",
  muted: "#a7b4c0",
  faint: "#7f8d9a",
  rule: "#33414e",
  grid: "#26323d",
  zebra: "#1d2731",
  tint: "#1f303d",
  accent: "#7fb8de",
  up: "#7fb8de",
  down: "#ea9dbb",
  ...series([
    "#6fb0dc",
    "#f0a94a",
    "#5cc7b5",
    "#dc86aa",
    "#a9bfd0",
    "#decb5e",
    "#a599dc",
    "#c08a66",
  ]),
});

export const DASHBOARD_STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 28px}
header{padding-top:44px}
.eyebrow{margin:0;color:var(--accent);font-size:.8rem;font-weight:650;letter-spacing:.08em;text-transform:uppercase}
h1{margin:.15em 0 .1em;font-size:2.15rem;line-height:1.18;letter-spacing:-.015em;text-wrap:balance}
h2{margin:0 0 .6em;font-size:1.3rem;line-height:1.3;letter-spacing:-.005em}
h3{margin:1.4em 0 .4em;font-size:1rem}
.subtitle{margin:0;color:var(--muted);font-size:1.1rem}
.goal{margin:.7em 0 0;color:var(--muted);font-size:.92rem;max-width:75ch}
.goal b{color:var(--ink);font-weight:600}
p{margin:0 0 .7em;max-width:75ch}
.summary{margin:26px 0 0;padding:18px 22px;background:var(--tint);border-left:4px solid var(--accent);border-radius:0 8px 8px 0;font-size:1.07rem}
.summary p:last-child{margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(205px,1fr));gap:14px;margin:20px 0 0;padding:0;list-style:none}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px 18px}
.tile .label{color:var(--muted);font-size:.86rem}
.tile .value{display:block;margin:.05em 0 .3em;font-size:clamp(1.3rem,2.4vw,1.62rem);font-weight:680;line-height:1.2;letter-spacing:-.015em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tile .change{display:block;font-size:.86rem;color:var(--muted);font-variant-numeric:tabular-nums}
.tile .change b{font-weight:650}
.up b{color:var(--up)}.down b{color:var(--down)}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:24px 26px;margin:20px 0 0}
figure{margin:18px 0 0;overflow-x:auto}
figure svg{display:block;width:100%;height:auto;max-width:860px;min-width:520px;margin:0 auto}
figure svg text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif}
figcaption,caption{color:var(--muted);font-size:.86rem}
figcaption{margin:.4em auto 0;max-width:860px}
.scroll{margin:20px 0 0;overflow-x:auto}
.scroll.long{max-height:34rem;overflow-y:auto;border-bottom:1px solid var(--rule)}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{width:100%;border-collapse:separate;border-spacing:0;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 .5em}
caption b{color:var(--ink);font-weight:650}
th,td{padding:.46em .8em;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid)}
thead th{position:sticky;top:0;z-index:1;background:var(--card);border-bottom:2px solid var(--accent);color:var(--muted);font-size:.82rem;font-weight:650;line-height:1.3;vertical-align:bottom}
tbody th{font-weight:550;min-width:9em}
tbody tr:nth-child(even)>*{background:var(--zebra)}
tbody tr>:first-child{position:sticky;left:0;background:var(--card)}
tbody tr:nth-child(even)>:first-child{background:var(--zebra)}
th:first-child,td:first-child{padding-left:.5em}
.num{text-align:right;white-space:nowrap}
thead .num{white-space:normal}
.block{border-left:1px solid var(--rule)}
.none{color:var(--muted);font-style:italic;padding:1em .5em}
.note{color:var(--muted);font-size:.86rem;margin:.5em 0 0}
thead button{all:unset;cursor:pointer;display:inline;font:inherit;color:inherit}
thead button:hover{color:var(--accent)}
thead button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
thead button{position:relative}
thead button::after{position:absolute;left:100%;bottom:.1em;margin-left:.15em;font-size:.7em}
th[aria-sort=ascending] button::after{content:"▲"}
th[aria-sort=descending] button::after{content:"▼"}
.filter{margin:18px 0 -8px}
.filter label{color:var(--muted);font-size:.86rem}
.filter input{margin-left:.5em;padding:.35em .6em;font:inherit;font-size:.9rem;color:inherit;background:var(--page);border:1px solid var(--rule);border-radius:6px}
sup a{color:var(--accent);text-decoration:none;font-weight:600}
ul,ol{margin:.2em 0 .7em;padding-left:1.3em}
li{margin:.2em 0;max-width:80ch;overflow-wrap:anywhere}
code{font:.84em ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{margin:.4em 0 1em;padding:12px 14px;background:var(--page);border:1px solid var(--rule);border-radius:8px;font:.82rem/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
details{margin:.5em 0}
summary{cursor:pointer}
footer{padding-top:22px;padding-bottom:48px;color:var(--muted);font-size:.84rem}
@media (max-width:640px){main,header,footer{padding-left:16px;padding-right:16px}.card{padding:18px 16px}h1{font-size:1.65rem}}
@media print{
body{background:#fff;font-size:10pt}
main,header,footer{max-width:none;padding:0}
header{padding-top:0}
.card{border:0;padding:0;margin-top:18pt}
.scroll,.scroll.long{max-height:none;overflow:visible;border:0}
thead th,tbody tr>:first-child{position:static}
table{font-size:7.5pt}th,td{padding:.3em .5em}
thead th{font-size:1em}
table.wide{font-size:5pt}table.wide th,table.wide td{padding:.3em .25em}
tbody th{min-width:0}
tr,figure,.tile,.summary{break-inside:avoid}
h2,h3,caption{break-after:avoid}
.filter{display:none}
.tile,.summary{print-color-adjust:exact}
}
`;
