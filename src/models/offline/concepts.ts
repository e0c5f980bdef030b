// What words mean for reports over tables: concepts with their synonyms.
import { stem } from "./words.ts";

export interface Concept {
  readonly id: string;
  readonly synonyms: readonly string[];
  /** Summed up (revenue) or averaged (temperature) unless the goal says otherwise. */
  readonly usual?: "sum" | "avg";
}

const CONCEPTS: readonly Concept[] = [
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
