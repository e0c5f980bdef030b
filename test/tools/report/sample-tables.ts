// Hand-made verified tables: regions against two comparisons, a trend, nothing found, many rows, hostile text.
import type {
  CellFormat,
  ColumnType,
  ResultColumn,
  ResultTable,
} from "../../../src/protocol/index.ts";

const label = (
  name: string,
  text: string,
  format: CellFormat = "text",
  type: ColumnType = "text",
): ResultColumn => ({
  name,
  label: text,
  type,
  role: "label",
  format,
});
const figure = (
  name: string,
  text: string,
  format: CellFormat,
  unit?: string,
  type: ColumnType = "decimal",
): ResultColumn => ({ name, label: text, type, role: "figure", format, ...(unit ? { unit } : {}) });

const SALES = { table: "sales", sha256: "a".repeat(64) };
const PLAN = { table: "plan", sha256: "b".repeat(64) };

const table = (
  given: Omit<ResultTable, "rowCount" | "truncated" | "sources"> & {
    sources?: ResultTable["sources"];
  },
): ResultTable => ({
  sources: [SALES],
  rowCount: given.rows.length,
  truncated: false,
  ...given,
});

const compared = (
  name: string,
  text: string,
  format: CellFormat,
  unit?: string,
): ResultColumn[] => [figure(name, text, format, unit)];
const against = (name: string, text: string, format: CellFormat, unit?: string): ResultColumn[] =>
  [
    ["august", "August 2026"],
    ["plan", "plan"],
  ].flatMap(([key, words]) => [
    figure(`${name}_${key}`, `${text} ${words}`, format, unit),
    figure(`${name}_${key}_change`, `${text} vs ${words}`, format, unit),
    figure(`${name}_${key}_change_pct`, `${text} vs ${words} %`, "percent"),
  ]);

const withChanges = (value: number, august: number, plan: number): number[] => [
  august,
  value - august,
  (value - august) / Math.abs(august),
  plan,
  value - plan,
  (value - plan) / Math.abs(plan),
];

export const totals = table({
  id: "totals",
  title: "Totals for September 2026",
  columns: [
    ...compared("revenue", "Revenue", "money", "EUR"),
    ...compared("orders", "Orders", "integer"),
    ...compared("margin", "Margin", "percent"),
    ...against("revenue", "Revenue", "money", "EUR"),
    ...against("orders", "Orders", "integer"),
    ...against("margin", "Margin", "percent"),
  ],
  rows: [
    [
      1_864_223.17,
      12_480,
      0.2314,
      ...withChanges(1_864_223.17, 1_790_112.4, 1_900_000),
      ...withChanges(12_480, 12_905, 12_000),
      ...withChanges(0.2314, 0.2287, 0.24),
    ],
  ],
  sql: "SELECT sum(quantity * price) AS revenue, count(*) AS orders FROM sales WHERE date >= '2026-09-01' AND date < '2026-10-01'",
  query: {
    kind: "aggregate",
    table: "sales",
    measures: [
      { as: "revenue", format: "money", unit: "EUR", aggregate: "sum", of: { column: "amount" } },
      { as: "orders", format: "integer", aggregate: "count" },
      { as: "margin", format: "percent", aggregate: "avg", of: { column: "margin" } },
    ],
    dimensions: [],
    period: { column: "date", from: "2026-09-01", to: "2026-10-01" },
    filters: [],
    comparisons: [
      { kind: "period", label: "august", from: "2026-08-01", to: "2026-09-01" },
      { kind: "table", label: "plan", table: "plan", measures: { revenue: "revenue" }, on: [] },
    ],
  },
  sources: [SALES, PLAN],
});

const REGIONS: [string, number, number, number][] = [
  ["North", 412_874.52, 398_112.1, 420_000],
  ["South", 358_021.4, 371_904.87, 350_000],
  ["East", 301_556.09, 280_441.3, 310_000],
  ["West", 289_410.75, 291_002.16, 285_000],
  ["Central", 270_932.33, 240_118.02, 275_000],
  ["Islands & overseas territories", 231_428.08, 208_533.95, 260_000],
];

export const regions = table({
  id: "revenue-by-region",
  title: "Revenue by region, against August 2026 and the plan",
  columns: [
    label("region", "Region"),
    figure("revenue", "Revenue", "money", "EUR"),
    ...against("revenue", "Revenue", "money", "EUR"),
  ],
  rows: REGIONS.map(([region, value, august, plan]) => [
    region,
    value,
    ...withChanges(value, august, plan),
  ]),
  sql: "SELECT region, sum(amount) AS revenue,\n       /* against August and the plan */ sum(august) AS revenue_august\nFROM sales\nGROUP BY region ORDER BY revenue DESC",
  sources: [SALES, PLAN],
});

const PRODUCTS = ["Espresso machine", "Grinder", "Kettle", "Filter papers", "Beans, 1 kg", "Mugs"];
export const products = table({
  id: "revenue-by-product",
  title: "Revenue, orders and margin by product",
  columns: [
    label("product", "Product"),
    figure("revenue", "Revenue", "money", "EUR"),
    figure("orders", "Orders", "integer", undefined, "integer"),
    figure("margin", "Margin", "percent"),
    ...against("revenue", "Revenue", "money", "EUR"),
    ...against("orders", "Orders", "integer"),
    ...against("margin", "Margin", "percent"),
  ],
  rows: PRODUCTS.map((product, i) => {
    const value = 612_304.55 / (i + 1);
    const orders = 900 + 431 * i;
    return [
      product,
      value,
      orders,
      0.35 - i * 0.04,
      ...withChanges(value, value * (0.9 + i * 0.05), value * 1.03),
      ...withChanges(orders, orders - 40 + i * 11, orders + 25),
      ...withChanges(0.35 - i * 0.04, 0.33 - i * 0.035, 0.34 - i * 0.04),
    ];
  }),
  sql: "SELECT product, sum(amount) AS revenue FROM sales GROUP BY product",
  sources: [SALES, PLAN],
});

export const trend = table({
  id: "trend",
  title: "Revenue by month",
  columns: [
    label("month", "Month", "month", "date"),
    figure("revenue", "Revenue", "money", "EUR"),
    figure("revenue_plan", "Plan", "money", "EUR"),
  ],
  rows: Array.from({ length: 13 }, (_, i) => [
    `${2025 + Math.floor((i + 8) / 12)}-${String(((i + 8) % 12) + 1).padStart(2, "0")}-01`,
    Math.round((1_500_000 + 30_000 * i + 120_000 * Math.sin(i)) * 100) / 100,
    1_520_000 + 28_000 * i,
  ]),
  sql: "SELECT date_trunc('month', date) AS month, sum(amount) AS revenue FROM sales GROUP BY 1 ORDER BY 1",
});

export const anomalies = table({
  id: "anomalies",
  title: "Unusual months",
  columns: [
    label("region", "Region"),
    label("month", "Month", "month", "date"),
    figure("revenue", "Revenue", "money", "EUR"),
    figure("expected", "Expected", "money", "EUR"),
    figure("deviation_pct", "Deviation", "percent"),
    figure("score", "Score", "number"),
  ],
  rows: [],
  sql: "SELECT region, month, revenue FROM history WHERE abs(score) > 3.5",
});

export const longTable = table({
  id: "orders",
  title: "All large orders",
  columns: [
    label("order_id", "Order", "text"),
    label("date", "Date", "date", "date"),
    label("customer", "Customer"),
    figure("amount", "Amount", "money", "EUR"),
    figure("discount", "Discount", "percent"),
  ],
  rows: Array.from({ length: 300 }, (_, i) => [
    `A-${1000 + i}`,
    `2026-09-${String((i % 30) + 1).padStart(2, "0")}`,
    `Customer ${i % 37}${i % 50 === 0 ? " with a remarkably long company name, Ltd. & Sons" : ""}`,
    i % 41 === 0 ? null : Math.round((9_000 + 37.77 * i) * 100) / 100,
    (i % 7) / 40,
  ]),
  sql: "SELECT order_id, date, customer, amount, discount FROM sales WHERE amount > 9000",
});

export const HOSTILE = [
  "<script>alert(1)</script>",
  '=HYPERLINK("http://evil.example","click")',
  "@SUM(A1:A9)",
  "+1+cmd|' /C calc'!A0",
  "مرحبا بالعالم",
  "שלום עולם",
  "😀 naïve façade 😎",
  "漢字 kana",
  '"><img src=x onerror=alert(1)>',
  "{{totals.0.revenue}}",
  "tab\there\nnew line \u0007 bell \u202Eevil",
  "{\\rtf1} ]]> --> </style></svg>",
];

export const hostile = table({
  id: "hostile",
  title: "Odd <names> & huge figures",
  columns: [
    label("name", "Name <b>bold</b>"),
    figure("value", "Value", "number"),
    figure("cash", "=Cash", "money", "USD"),
    label("flag", "Flag", "text", "boolean"),
    figure("big", "Big", "integer", undefined, "integer"),
  ],
  rows: HOSTILE.map((name, i) => [
    name,
    i % 3 === 0 ? null : (i % 2 === 0 ? -1 : 1) * 10 ** i + 0.123,
    i === 4 ? 987_654_321_012.34 : 0 - i * 1_000_003.5,
    i % 2 === 0,
    i === 1 ? "12345678901234567890" : i,
  ]),
  sql: "SELECT '</script><!--' AS name, '\u0007' FROM t -- </pre>",
});

export const stations = table({
  id: "temperature",
  title: "Mean temperature by station",
  columns: [
    label("station", "Station"),
    figure("temperature", "Temperature", "number", "°C"),
    figure("readings", "Readings", "integer", undefined, "integer"),
  ],
  rows: Array.from({ length: 8 }, (_, i) => [`ST-${i + 1}`, -4.3 + i * 3.217, 700 + i]),
  sql: "SELECT station, avg(temperature) AS temperature FROM readings GROUP BY station",
});

export const SAMPLE_TABLES = [
  totals,
  regions,
  products,
  trend,
  anomalies,
  longTable,
  hostile,
  stations,
] as const;
