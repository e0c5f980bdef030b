import { describe, expect, it } from "vitest";
import { Chart, ToolFailure, type ResultTable } from "../../../src/protocol/index.ts";
import { CHART_SPECS, contextOver } from "./sample-report.ts";
import { toolbox } from "./make-report.ts";
import { longTable } from "./sample-tables.ts";

const bar = { mark: "bar", encoding: { x: { field: "region" }, y: { field: "revenue" } } };
const request = (spec: unknown, tableId = "revenue-by-region") => ({
  id: "c",
  title: "A chart",
  tableId,
  spec,
});
const failure = (result: unknown) => ToolFailure.parse(result).error;

describe("a chart is drawn over a verified table", () => {
  it("as SVG and PNG, both stored", async () => {
    const { call, store } = toolbox();
    const chart = Chart.parse(await call("chart", CHART_SPECS[0]));
    const svg = Buffer.from(await store.get(chart.svg.sha256)).toString();
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("Islands &amp; overseas territories");
    expect(svg).toContain(">€400k<");
    expect(svg).toContain(">Revenue plan<");
    const png = await store.get(chart.png.sha256);
    expect(Buffer.from(png.subarray(1, 4)).toString()).toBe("PNG");
    expect(chart).toMatchObject({ id: "regions", tableId: "revenue-by-region" });
    expect(chart.png).toMatchObject({ name: "regions.png", mime: "image/png", bytes: png.length });
  });

  it("the same way each time", async () => {
    const { call } = toolbox();
    expect(await call("chart", CHART_SPECS[1])).toEqual(await call("chart", CHART_SPECS[1]));
  });

  it("with the months of the table, whatever the time zone", async () => {
    const { call, store } = toolbox();
    const chart = Chart.parse(await call("chart", CHART_SPECS[1]));
    const svg = Buffer.from(await store.get(chart.svg.sha256)).toString();
    expect(svg).toContain(">Sep 2025<");
    expect(svg).toContain(">Sep 2026<");
    expect(svg).not.toContain(">Aug 2025<");
  });

  it("with quarters named as quarters", async () => {
    const quarters: ResultTable = {
      ...longTable,
      id: "quarters",
      columns: [
        { name: "quarter", label: "Quarter", type: "date", role: "label", format: "date" },
        { name: "tickets", label: "Tickets", type: "integer", role: "figure", format: "integer" },
      ],
      rows: [
        ["2026-01-01", 120],
        ["2026-04-01", 90],
        ["2026-07-01", 110],
      ],
      rowCount: 3,
    };
    const { call, store } = toolbox({ context: contextOver([quarters]) });
    const spec = { mark: "line", encoding: { x: { field: "quarter" }, y: { field: "tickets" } } };
    const chart = Chart.parse(await call("chart", request(spec, "quarters")));
    const svg = Buffer.from(await store.get(chart.svg.sha256)).toString();
    expect(svg.match(/>Q\d 2026</g)).toEqual([">Q1 2026<", ">Q2 2026<", ">Q3 2026<"]);
  });

  it("and text from the data stays text", async () => {
    const { call, store } = toolbox();
    const chart = Chart.parse(await call("chart", CHART_SPECS[2]));
    const svg = Buffer.from(await store.get(chart.svg.sha256)).toString();
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });
});

describe("a chart is refused", () => {
  const refused: [string, unknown, RegExp][] = [
    ["with data of its own", { ...bar, data: { values: [] } }, /`data` is not allowed/],
    ["with datasets", { ...bar, datasets: { a: [] } }, /`datasets` is not allowed/],
    ["with a config", { ...bar, config: {} }, /`config` is not allowed/],
    ["with parameters", { ...bar, params: [] }, /`params` is not allowed/],
    [
      "with an image mark",
      { mark: "image", encoding: bar.encoding },
      /mark .*image.* is not allowed/,
    ],
    ["with a link", { ...bar, mark: { type: "bar", href: "https://x" } }, /`href` is not allowed/],
    [
      "with a link channel",
      { mark: "bar", encoding: { ...bar.encoding, href: { value: "https://x" } } },
      /`href` is not allowed/,
    ],
    [
      "with an address as colour",
      { ...bar, mark: { type: "bar", fill: "url(https://x)" } },
      /address/,
    ],
    [
      "with a lookup",
      { ...bar, transform: [{ lookup: "region", from: {} }] },
      /`lookup` is not allowed/,
    ],
    ["with a signal", { ...bar, mark: { type: "bar", opacity: { signal: "x" } } }, /`signal`/],
    ["without a mark", { encoding: bar.encoding }, /`mark` or `layer` is missing/],
    ["when enormous", { ...bar, width: 1e9 }, /`width` must be/],
    ["when its spec is", { ...bar, description: "x".repeat(30_000) }, /longer than/],
    [
      "over a column that is not there",
      { mark: "bar", encoding: { x: { field: "profit" } } },
      /no column `profit`; it has `region`/,
    ],
    ...[
      "this.constructor",
      "datum.constructor('x')()",
      "datum['__proto__']",
      "event.view",
      "[].map",
      "datum.region.length",
      "data('table')",
      "now()",
      "random()",
      "warn('x')",
      "(function(){})()",
      "datum.a = 1",
      "`x`",
      "'a'['constructor']",
    ].map((calculate): [string, unknown, RegExp] => [
      `with the expression ${calculate}`,
      { ...bar, transform: [{ calculate, as: "z" }] },
      /not allowed/,
    ]),
    [
      "with a filter that reaches outside",
      { ...bar, transform: [{ filter: { and: ["datum.revenue > 1", "window.x"] } }] },
      /`window` is not allowed/,
    ],
    [
      "that vega-lite does not understand, with its reason",
      { mark: "bar", encoding: { ...bar.encoding, colour: { field: "region" } } },
      /vega-lite could not draw .*colour/,
    ],
  ];
  const { call } = toolbox();
  it.each(refused)("%s", async (_name, spec, reason) => {
    const { code, message } = failure(await call("chart", request(spec)));
    expect(code).toBe("TOOL_FAILED");
    expect(message).toMatch(reason);
  });

  it("over a table that is not among the task's inputs", async () => {
    const { message, hint } = failure(await call("chart", request(bar, "secret")));
    expect(message).toBe("no verified table is called secret");
    expect(hint).toContain("revenue-by-region");
  });

  it("over a table without rows", async () => {
    const spec = { mark: "bar", encoding: { x: { field: "region" } } };
    expect(failure(await call("chart", request(spec, "anomalies"))).message).toContain("no rows");
  });

  it("over more rows than allowed", async () => {
    const { call: limited } = toolbox({ limits: { chartRows: 299 } });
    const spec = { mark: "point", encoding: { x: { field: "amount" } } };
    expect(failure(await limited("chart", request(spec, "orders"))).message).toContain("300 rows");
  });

  it("when it would take for ever, and the next one is drawn", async () => {
    const { call: limited } = toolbox({
      context: contextOver([longTable]),
      limits: { chartSeconds: 3 },
    });
    const endless = {
      transform: [{ density: "amount", steps: 2_000_000_000, extent: [0, 1] }],
      mark: "line",
      encoding: { x: { field: "value", type: "quantitative" } },
    };
    expect(failure(await limited("chart", request(endless, "orders"))).message).toMatch(
      /took longer than 3 seconds|drawing the chart failed|could not draw/,
    );
    const plain = { mark: "point", encoding: { x: { field: "amount" } } };
    expect(Chart.safeParse(await limited("chart", request(plain, "orders"))).success).toBe(true);
  });

  it("with arguments of the wrong shape, without throwing", async () => {
    expect(failure(await call("chart", { id: 1 })).message).toContain("wrong arguments");
  });

  it("when the task was cancelled", async () => {
    const { call: cancelled } = toolbox({
      context: contextOver(undefined, { signal: AbortSignal.abort() }),
    });
    expect(failure(await cancelled("chart", request(bar))).code).toBe("CANCELLED");
  });
});
