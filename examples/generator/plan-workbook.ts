// The plan as a finance person keeps it: one sheet, one line a month, region and product.
import ExcelJS from "exceljs";
import { repack } from "./archive.ts";
import { MONTHS } from "./calendar.ts";
import { MISSED_PLAN } from "./planted.ts";
import { listPrice, PRICE_AFTER_DISCOUNT, PRODUCTS, REGIONS, usualUnits } from "./sales.ts";

export interface PlanLine {
  /** First day of the month. */
  month: string;
  region: string;
  product: string;
  /** Whole euro, in steps of fifty. */
  revenue: number;
}

const ambitionOf = (month: string, region: string, product: string): number =>
  month === MISSED_PLAN.month && region === MISSED_PLAN.region && product === MISSED_PLAN.product
    ? MISSED_PLAN.ambition
    : MISSED_PLAN.usual;

export const makePlan = (): PlanLine[] =>
  MONTHS.flatMap((month) =>
    REGIONS.flatMap((region) =>
      PRODUCTS.map((product) => {
        const euro =
          (usualUnits(month, region, product) * listPrice(month, product) * PRICE_AFTER_DISCOUNT) /
          100;
        const planned = euro * ambitionOf(month, region.name, product.name);
        return {
          month: `${month}-01`,
          region: region.name,
          product: product.name,
          revenue: Math.round(planned / 50) * 50,
        };
      }),
    ),
  );

export const planWorkbook = async (lines: readonly PlanLine[]): Promise<Uint8Array> => {
  const book = new ExcelJS.Workbook();
  const written = new Date("2025-08-20T09:00:00Z");
  Object.assign(book, {
    creator: "Finance",
    lastModifiedBy: "Finance",
    created: written,
    modified: written,
  });
  const sheet = book.addWorksheet("Plan", { views: [{ state: "frozen", ySplit: 1 }] });
  sheet.columns = [
    { header: "month", key: "month", width: 12, style: { numFmt: "mmm yyyy" } },
    { header: "region", key: "region", width: 12 },
    { header: "product", key: "product", width: 24 },
    { header: "plan_revenue_eur", key: "revenue", width: 20, style: { numFmt: '#,##0 "€"' } },
  ];
  for (const line of lines) {
    sheet.addRow({ ...line, month: new Date(`${line.month}T00:00:00Z`) });
  }
  const header = sheet.getRow(1);
  header.font = { bold: true, color: { argb: "FFFFFFFF" } };
  header.fill = { type: "pattern", pattern: "solid", fgColor: { argb: "FF1F4E79" } };
  sheet.autoFilter = { from: "A1", to: { row: 1, column: 4 } };
  return repack(new Uint8Array(await book.xlsx.writeBuffer()));
};
