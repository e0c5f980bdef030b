// What rendering may cost. Over a row limit a call is refused, never cut: rows are not left out in silence.

export interface ReportLimits {
  /** Rows that feed one chart. */
  readonly chartRows: number;
  /** Characters of a chart's spec as JSON. */
  readonly specChars: number;
  /** Seconds to compile and draw one chart. */
  readonly chartSeconds: number;
  /** Bytes of one chart's SVG. */
  readonly svgBytes: number;
  /** Rows of all tables of a file together. */
  readonly workbookRows: number;
  readonly pdfRows: number;
  readonly dashboardRows: number;
  /** Bytes of one finished file. */
  readonly fileBytes: number;
  /** Seconds to make one file. */
  readonly fileSeconds: number;
}

export const REPORT_LIMITS: ReportLimits = {
  chartRows: 5_000,
  specChars: 20_000,
  chartSeconds: 20,
  svgBytes: 2_000_000,
  workbookRows: 100_000,
  pdfRows: 10_000,
  dashboardRows: 20_000,
  fileBytes: 50_000_000,
  fileSeconds: 120,
};
