// Units of measurement: in headers, in values, in cell formats.

const CURRENCY_SIGNS: Record<string, string> = {
  "€": "EUR",
  $: "USD",
  US$: "USD",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
  "₩": "KRW",
  "₽": "RUB",
  "₺": "TRY",
  "₪": "ILS",
  "₫": "VND",
  "฿": "THB",
  "₴": "UAH",
  "₦": "NGN",
  R$: "BRL",
};

const CURRENCY_CODES = new Set(
  (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MXN " +
    "MYR NGN NOK NZD PEN PHP PKR PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD UYU VND ZAR"
  ).split(" "),
);

/** Spelling (lower case) -> unit, where a word alone is clear enough. */
const WORDS: Record<string, string> = {
  "%": "%",
  pct: "%",
  percent: "%",
  percentage: "%",
  prozent: "%",
  "°c": "°C",
  degc: "°C",
  celsius: "°C",
  "°f": "°F",
  degf: "°F",
  fahrenheit: "°F",
  euro: "EUR",
  euros: "EUR",
  dollar: "USD",
  dollars: "USD",
  kg: "kg",
  mg: "mg",
  km: "km",
  cm: "cm",
  mm: "mm",
  ml: "ml",
  min: "min",
  mins: "min",
  minute: "min",
  minutes: "min",
  minuten: "min",
  hour: "h",
  hours: "h",
  hrs: "h",
  stunden: "h",
  sec: "s",
  secs: "s",
  seconds: "s",
  sekunden: "s",
  ms: "ms",
  days: "days",
  tage: "days",
  kwh: "kWh",
  mwh: "MWh",
  kw: "kW",
  hpa: "hPa",
  kpa: "kPa",
  bar: "bar",
  ppm: "ppm",
  lux: "lx",
  db: "dB",
  hz: "Hz",
  rpm: "rpm",
  bpm: "bpm",
  mmhg: "mmHg",
  "m/s": "m/s",
  "km/h": "km/h",
  kmh: "km/h",
  "m²": "m²",
  m2: "m²",
  "m³": "m³",
  m3: "m³",
};

/** Single letters count only as the last word of a header or right behind a number. */
const LETTERS: Record<string, string> = {
  c: "°C",
  f: "°F",
  g: "g",
  h: "h",
  l: "l",
  m: "m",
  s: "s",
  t: "t",
  v: "V",
  w: "W",
};

/** The ISO 4217 code of a sign or code. */
export const currencyOf = (text: string): string | undefined => {
  const upper = text.trim().toUpperCase();
  return CURRENCY_SIGNS[text.trim()] ?? (CURRENCY_CODES.has(upper) ? upper : undefined);
};

export const isCurrency = (unit: string): boolean => CURRENCY_CODES.has(unit);

/** The unit a piece of text names, e.g. `€`, `usd`, `°C`, `kg`. */
export const unitOf = (text: string): string | undefined =>
  currencyOf(text) ?? WORDS[text.trim().toLowerCase()];

/** As `unitOf`, behind a number, where `h` and `kg` are equally clear. */
export const unitBehindNumber = (text: string): string | undefined =>
  unitOf(text) ?? LETTERS[text.trim()];

/** `Price (USD)`, `Temp [°C]`, `weight in kg`, `revenue_eur`, `temp_c`, `Discount %`. */
export const unitOfHeader = (header: string, name: string): string | undefined => {
  const bracketed = /[([]([^()[\]]{1,10})[)\]]\s*$/.exec(header)?.[1];
  if (bracketed !== undefined) return unitBehindNumber(bracketed) ?? unitOf(bracketed);
  const sign = /[%€$£¥₹]/.exec(header)?.[0];
  if (sign !== undefined) return unitOf(sign);
  const words = name.split("_");
  const last = words.at(-1) ?? "";
  if (words.length === 1) return last === "percent" || last === "pct" ? "%" : undefined;
  // `max_min`, `first_min`: an extreme, not minutes.
  if (last === "min" && /(^|_)(max|avg|mean|low|price|value|temp\w*)_min$/.test(name))
    return undefined;
  if (last === "all" || last === "try") return undefined;
  return unitOf(last) ?? LETTERS[last];
};

/** The unit of a workbook's number format, e.g. `#,##0.00 [$€-407]`, `0.0%`. */
export const unitOfFormat = (format: string): string | undefined => {
  if (format === "" || format === "General") return undefined;
  const shown = format.split(";")[0] ?? "";
  if (/%/.test(shown.replaceAll(/"[^"]*"/g, ""))) return "%";
  const tagged = /\[\$([^\-\]]+)(-[^\]]*)?\]/.exec(shown)?.[1];
  if (tagged !== undefined) return currencyOf(tagged);
  const quoted = /"([^"]+)"/.exec(shown)?.[1];
  if (quoted !== undefined) return unitOf(quoted);
  const sign = /[€$£¥₹]/.exec(shown)?.[0];
  return sign === undefined ? undefined : currencyOf(sign);
};
