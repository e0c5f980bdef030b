// Text from data, made fit for any file format: no control characters, no half surrogates, and no
// invisible marks that could reorder what stands beside it.

/* oxlint-disable no-control-regex -- these are what it is for */
const UNFIT =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/g;

export const plainText = (text: string): string =>
  text.toWellFormed().replace(UNFIT, "").replace(/\r\n?/g, "\n");
