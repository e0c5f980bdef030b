// What words mean for reports over tables: concepts with their synonyms, and the words that carry none.
import { stem } from "./words.ts";

export interface Concept {
  readonly id: string;
  readonly synonyms: readonly string[];
  /** Summed up (revenue) or averaged (temperature) unless the goal says otherwise. */
  readonly usual?: "sum" | "avg";
}

export const CONCEPTS: readonly Concept[] = [
  {
    id: "revenue",
    usual: "sum",
    synonyms: [
      "revenue",
      "sales",
      "turnover",
      "income",
      "takings",
      "sales amount",
      "sales value",
      "sales revenue",
      "sales volume",
      "net sales",
      "gross sales",
      "gross revenue",
      "net revenue",
      "proceeds",
      "billings",
      "money earned",
      "earnings",
    ],
  },
  {
    id: "cost",
    usual: "sum",
    synonyms: [
      "cost",
      "expense",
      "spend",
      "spending",
      "cogs",
      "cost of goods",
      "cost of sales",
      "expenditure",
      "total cost",
    ],
  },
  { id: "profit", usual: "sum", synonyms: ["profit", "gross profit", "earnings after cost"] },
  {
    id: "fee",
    usual: "sum",
    synonyms: [
      "fee",
      "charge",
      "billed amount",
      "amount billed",
      "invoice amount",
      "billing amount",
      "price of visit",
    ],
  },
  {
    id: "quantity",
    usual: "sum",
    synonyms: [
      "quantity",
      "qty",
      "unit",
      "units sold",
      "piece",
      "items sold",
      "quantity sold",
      "sold quantity",
      "pieces sold",
    ],
  },
  {
    id: "price",
    usual: "avg",
    synonyms: [
      "price",
      "unit price",
      "list price",
      "selling price",
      "price per unit",
      "price each",
    ],
  },
  { id: "discount", usual: "avg", synonyms: ["discount", "rebate", "price reduction"] },
  {
    id: "temperature",
    usual: "avg",
    synonyms: ["temperature", "temp", "degree", "room temperature", "air temperature"],
  },
  { id: "humidity", usual: "avg", synonyms: ["humidity", "relative humidity", "moisture"] },
  {
    id: "co2",
    usual: "avg",
    synonyms: ["co2", "carbon dioxide", "co2 level", "co2 concentration", "air quality"],
  },
  { id: "pressure", usual: "avg", synonyms: ["pressure", "air pressure"] },
  {
    id: "battery",
    usual: "avg",
    synonyms: [
      "battery",
      "battery level",
      "battery voltage",
      "voltage",
      "charge level",
      "battery charge",
    ],
  },
  {
    id: "energy",
    usual: "sum",
    synonyms: [
      "energy",
      "consumption",
      "energy use",
      "electricity",
      "power consumption",
      "energy consumption",
    ],
  },
  {
    id: "response-time",
    usual: "avg",
    synonyms: [
      "first response",
      "response time",
      "response speed",
      "average response",
      "first response time",
      "reaction time",
      "reply time",
      "first reply",
      "time to first response",
      "initial response",
      "response",
    ],
  },
  {
    id: "resolution-time",
    usual: "avg",
    synonyms: [
      "resolution time",
      "resolution",
      "time to resolution",
      "time to resolve",
      "handling time",
      "time to solve",
      "solution time",
      "time to close",
      "closing time",
      "resolve time",
    ],
  },
  {
    id: "waiting-time",
    usual: "avg",
    synonyms: [
      "waiting time",
      "wait",
      "wait time",
      "waiting",
      "queue time",
      "time waited",
      "time spent waiting",
    ],
  },
  {
    id: "duration",
    usual: "avg",
    synonyms: [
      "duration",
      "length",
      "treatment time",
      "consultation time",
      "visit length",
      "visit duration",
      "consultation length",
      "time with the doctor",
      "length of visit",
    ],
  },
  {
    id: "satisfaction",
    usual: "avg",
    synonyms: [
      "satisfaction",
      "csat",
      "rating",
      "satisfaction score",
      "satisfaction rating",
      "customer satisfaction",
      "patient satisfaction",
      "feedback score",
      "score",
    ],
  },
  { id: "age", usual: "avg", synonyms: ["age", "patient age", "age of patient", "years of age"] },
  {
    id: "no-show",
    synonyms: [
      "no show",
      "noshow",
      "missed appointment",
      "missed visit",
      "did not attend",
      "not attended",
      "missed",
    ],
  },
  {
    id: "breach",
    synonyms: [
      "sla breach",
      "sla breached",
      "breach",
      "breached",
      "sla violation",
      "violation",
      "sla missed",
      "missed sla",
      "overdue",
    ],
  },
  { id: "reopened", synonyms: ["reopened", "reopen", "re opened", "reopening"] },
  { id: "follow-up", synonyms: ["follow up", "followup", "return visit"] },
  { id: "alarm", synonyms: ["alarm", "alert", "warning"] },
  { id: "escalation", synonyms: ["escalated", "escalation"] },
  { id: "region", synonyms: ["region", "area", "territory", "sales region", "sales area", "zone"] },
  { id: "country", synonyms: ["country", "nation", "market"] },
  { id: "city", synonyms: ["city", "town"] },
  {
    id: "site",
    synonyms: ["site", "building", "location", "facility", "plant", "premises", "campus"],
  },
  { id: "room", synonyms: ["room", "space", "room type"] },
  { id: "store", synonyms: ["store", "shop", "outlet", "branch"] },
  {
    id: "product",
    synonyms: [
      "product",
      "item",
      "article",
      "sku",
      "product name",
      "goods",
      "best seller",
      "bestseller",
    ],
  },
  {
    id: "category",
    synonyms: ["category", "type", "kind", "topic", "subject", "ticket type", "issue type"],
  },
  {
    id: "channel",
    synonyms: ["channel", "sales channel", "contact channel", "medium", "route to market"],
  },
  { id: "customer", synonyms: ["customer", "client", "buyer", "account", "requester"] },
  { id: "segment", synonyms: ["segment", "customer type", "customer segment", "customer group"] },
  { id: "team", synonyms: ["team", "squad", "support team", "support group", "group", "crew"] },
  { id: "agent", synonyms: ["agent", "assignee", "handler", "owner", "clerk"] },
  { id: "sales-rep", synonyms: ["sales rep", "salesperson", "rep", "seller", "representative"] },
  {
    id: "department",
    synonyms: ["department", "ward", "specialty", "speciality", "division", "unit of the clinic"],
  },
  { id: "doctor", synonyms: ["doctor", "physician", "practitioner", "clinician", "consultant"] },
  { id: "patient", synonyms: ["patient"] },
  { id: "insurance", synonyms: ["insurance", "insurer", "payer", "insurance type", "cover"] },
  { id: "priority", synonyms: ["priority", "severity", "urgency", "importance"] },
  { id: "status", synonyms: ["status", "state"] },
  { id: "sensor", synonyms: ["sensor", "device", "probe", "meter", "sensor name"] },
  { id: "gender", synonyms: ["gender", "sex"] },
  {
    id: "ticket",
    synonyms: [
      "ticket",
      "support ticket",
      "service ticket",
      "case",
      "request",
      "support request",
      "issue",
    ],
  },
  {
    id: "visit",
    synonyms: [
      "visit",
      "clinic visit",
      "patient visit",
      "appointment",
      "consultation",
      "attendance",
    ],
  },
  { id: "order", synonyms: ["order", "customer order", "sales order", "transaction", "purchase"] },
  {
    id: "reading",
    synonyms: ["reading", "sensor reading", "measurement", "sample", "observation", "data point"],
  },
];

const CONCEPT_OF = new Map<string, Concept>();
for (const concept of CONCEPTS) {
  for (const synonym of concept.synonyms) {
    const key = synonym.split(" ").map(stem).join(" ");
    if (!CONCEPT_OF.has(key)) CONCEPT_OF.set(key, concept);
  }
}

/** The concept that a phrase of stemmed words names, if any. */
export const conceptOf = (words: readonly string[]): Concept | undefined =>
  CONCEPT_OF.get(words.join(" "));

/** Words of a column name that say the unit, not the thing. */
export const UNIT_WORDS: Readonly<Record<string, string>> = {
  eur: "EUR",
  euro: "EUR",
  usd: "USD",
  dollar: "USD",
  gbp: "GBP",
  chf: "CHF",
  c: "°C",
  celsius: "°C",
  degc: "°C",
  f: "°F",
  pct: "%",
  percent: "%",
  ppm: "ppm",
  min: "min",
  mins: "min",
  minute: "min",
  h: "h",
  hr: "h",
  hrs: "h",
  hour: "h",
  s: "s",
  sec: "s",
  second: "s",
  ms: "ms",
  kg: "kg",
  km: "km",
  kwh: "kWh",
  kw: "kW",
  v: "V",
  hpa: "hPa",
  mm: "mm",
};

/** Words that make a measure an average unless the goal says otherwise. */
export const AVERAGED_WORDS: ReadonlySet<string> = new Set(
  "rate ratio score rating level average mean age price temperature humidity pressure speed voltage time duration wait waiting delay latency degree satisfaction percent concentration".split(
    " ",
  ),
);
export const AVERAGED_UNITS: ReadonlySet<string> = new Set([
  "°C",
  "°F",
  "%",
  "ppm",
  "min",
  "h",
  "s",
  "ms",
  "V",
  "hPa",
]);

/** Words after a measure or dimension that add nothing: `temperature values`, `region name`. */
export const FILLER_WORDS: ReadonlySet<string> = new Set(
  "value figure number total name data amount level time rate count volume result type performance development".split(
    " ",
  ),
);

export type AggregateWord =
  | "sum"
  | "avg"
  | "min"
  | "max"
  | "median"
  | "count"
  | "count_distinct"
  | "rate";

/** Words before (or after) a measure that say how it is aggregated. */
export const AGGREGATE_WORDS: Readonly<Record<string, AggregateWord>> = {
  average: "avg",
  avg: "avg",
  mean: "avg",
  median: "median",
  typical: "median",
  maximum: "max",
  max: "max",
  peak: "max",
  highest: "max",
  longest: "max",
  hottest: "max",
  warmest: "max",
  largest: "max",
  biggest: "max",
  minimum: "min",
  lowest: "min",
  shortest: "min",
  coldest: "min",
  smallest: "min",
  total: "sum",
  overall: "sum",
  sum: "sum",
  summed: "sum",
  unique: "count_distinct",
  distinct: "count_distinct",
  different: "count_distinct",
  rate: "rate",
  share: "rate",
  percentage: "rate",
  proportion: "rate",
  percent: "rate",
  fraction: "rate",
};
export const SUPERLATIVES: ReadonlySet<string> = new Set(
  "highest longest hottest warmest largest biggest lowest shortest coldest smallest".split(" "),
);

/** Words that neither name data nor an operation; a goal's other words must be mapped or listed. */
export const EMPTY_WORDS: ReadonlySet<string> = new Set(
  `a an the this that these those and or of in on at to for from with without within into onto as is are was were be been being do does did has have had having can could would should will may might must shall
  i me my we our us you your they their them he she his her it its who whom whose which what when where why how much many there here also too then than so such each every all any some both either per by about between among during since until through over under
  please kindly show give make create build prepare produce generate write draw display list tell provide get find look see let know want need like include including included add adding added compute calculate calculated analyse analyze analysis explain describe summarise summarize present put plot report reporting reports overview summary review recap update brief briefing dashboard chart charts graph graphs diagram table tables workbook spreadsheet excel xlsx pdf html file files document page sheet slides picture
  report's data dataset figures figure numbers number value values result results performance development key main important kpi kpis metric metrics indicator indicators statistics stats insight insights detail details detailed breakdown breakdowns split splits broken down out up overall general short quick full complete whole entire new latest current currently recent recently
  now only just even still not no yes very more most less least well better best worst good bad high low highest lowest top bottom big bigger biggest small smaller smallest strong stronger strongest weak weaker weakest first last next previous same different other another
  happened happen happening happens changed change changes changing went go going doing done come came compare compared comparing comparison versus vs against relative per across according based using use used respect terms regard regarding concerning look looks looking like way kind sort
  point pointing points out highlight highlighting flag mention note identify spot check checked checking board management manager boss team's month's quarter's year's week's grouped group sorted sort order ordered ranked rank ranking by ready nice clear readable including plus & instead rather again once one ones anything something everything nothing anyone someone excluding exclude except apart ignoring leaving without versus
  were grow grew grown growing growth fell fall fallen drop dropped dropping decline declined rise rose risen rising increase increased increasing decrease decreased decreasing take takes took taken run runs running has hasn't isn't doesn't don't wasn't it's what's let's
  unit units measured measure measures recorded record records seen made make work works working worked have get gets got received receive receives reached reach come comes`.split(
    /\s+/,
  ),
);
