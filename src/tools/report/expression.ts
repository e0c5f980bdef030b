// The part of Vega's expression language that a chart may use: arithmetic and comparisons over the
// fields of `datum`, and a closed list of pure functions. Everything else is refused, because Vega
// turns expressions into code.

const FUNCTIONS = new Set(
  (
    "abs ceil floor round min max pow sqrt exp log clamp isNaN isFinite isValid isNumber isString " +
    "toNumber toString toBoolean if length lower upper slice substring trim replace indexof pad truncate " +
    "format timeFormat utcFormat year quarter month date day hours minutes utcyear utcquarter utcmonth " +
    "utcdate datetime utc toDate"
  ).split(" "),
);
const CONSTANTS = new Set(["true", "false", "null", "PI", "E", "NaN", "Infinity"]);
const UNSAFE_FIELDS = new Set(["constructor", "prototype", "__proto__"]);
const MAX_CHARS = 500;

const TOKEN =
  /\s+|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>'[^'\\\n]*'|"[^"\\\n]*")|(?<datum>datum\s*(?:\.\s*(?<field>\w+)|\[\s*(?:'(?<quoted>[^'\\\n]*)'|"(?<quoted2>[^"\\\n]*)")\s*\]))|(?<name>[A-Za-z_]\w*)(?<call>\s*\()?|(?<operator>===?|!==?|[<>]=?|&&|\|\||[-+*/%!?:(),])/y;

/** Why an expression may not be used, or undefined when it may. */
export const refuseExpression = (expression: string): string | undefined => {
  if (expression.length > MAX_CHARS) return `an expression is longer than ${MAX_CHARS} characters`;
  const token = new RegExp(TOKEN);
  while (token.lastIndex < expression.length) {
    const at = token.lastIndex;
    const groups = token.exec(expression)?.groups;
    if (token.lastIndex === 0) {
      return `\`${expression.slice(at, at + 20)}\` is not allowed in an expression`;
    }
    const field = groups?.["field"] ?? groups?.["quoted"] ?? groups?.["quoted2"];
    if (field !== undefined && UNSAFE_FIELDS.has(field)) return `the field ${field} is not allowed`;
    const name = groups?.["name"];
    if (name === undefined) continue;
    const known = groups?.["call"] === undefined ? CONSTANTS : FUNCTIONS;
    if (!known.has(name)) {
      return `\`${name}\` is not allowed in an expression: only datum's fields and pure functions are`;
    }
  }
  return undefined;
};
