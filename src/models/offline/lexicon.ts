// Words that say how, not what: units, aggregates, fillers, and the words that carry no meaning here.

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
