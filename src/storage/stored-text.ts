// Text as both databases can hold it. PostgreSQL refuses U+0000 and SQLite's functions stop at it; half a
// surrogate pair is no UTF-8. Both are written with a mark before them, reversibly.

// A code point that Unicode keeps for uses like this one; where it occurs itself it is doubled.
const MARK = "\uFDD0";
const NEEDS_CARE = new RegExp(`[\\0${MARK}]`);

const escapeUnit = (unit: string): string =>
  unit === MARK ? MARK + MARK : MARK + unit.charCodeAt(0).toString(16).padStart(4, "0");

/** Any string as text that a database takes. */
export const toStored = (text: string): string =>
  NEEDS_CARE.test(text) || !text.isWellFormed()
    ? text.replace(
        /[\0\uFDD0]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
        escapeUnit,
      )
    : text;

export const fromStored = (text: string): string =>
  text.includes(MARK)
    ? text.replace(/\uFDD0(?:\uFDD0|([0-9a-f]{4}))/g, (_, hex: string | undefined) =>
        hex === undefined ? MARK : String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : text;

/** JSON that is written as it is: its text needs no further care. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

// In JSON text the two are escapes already, `\u0000` and `\udXXX`; a `\\` before them is a backslash.
const ESCAPES = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g;

export const toStoredJson = (value: unknown): JsonText => {
  const text = JSON.stringify(value);
  const safe = text.includes(MARK) ? text.replaceAll(MARK, MARK + MARK) : text;
  if (!safe.includes("\\u0000") && !safe.includes("\\ud")) return new JsonText(safe);
  return new JsonText(
    safe.replace(ESCAPES, (found, hex: string | undefined) =>
      hex === undefined ? found : MARK + hex,
    ),
  );
};

export const fromStoredJson = (text: string): unknown =>
  JSON.parse(
    text.includes(MARK)
      ? text.replace(/\uFDD0(?:\uFDD0|([0-9a-f]{4}))/g, (_, hex: string | undefined) =>
          hex === undefined ? MARK : `\\u${hex}`,
        )
      : text,
  );
