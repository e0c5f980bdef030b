// Text about figures. Figures are never typed: a statement holds tokens {{table.row.column}} that
// the renderer replaces with the formatted cell, so that each number is traceable to its cell.
import { z } from "zod";

/** `{{table-id.0.column}}`: table id, row index from 0, column name. */
export const FIGURE_TOKEN = /\{\{\s*([a-z0-9][a-z0-9-]*)\.(\d+)\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;
/** `[[passage-id]]` cites a passage. */
export const CITATION_TOKEN = /\[\[\s*([a-z0-9][a-z0-9-]*)\s*\]\]/g;

export const NarrativeSection = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  heading: z.string().min(1),
  /** Ids of the tables the section is about. */
  tables: z.array(z.string()).default([]),
  /** One sentence or two each. Names of rows (a region, a product) are tokens too. */
  statements: z.array(z.string().min(1)).min(1),
});
export type NarrativeSection = z.infer<typeof NarrativeSection>;

export const Narrative = z.object({
  title: z.string().min(1),
  /** The two or three sentences a hurried reader sees; same rules as statements. */
  summary: z.array(z.string().min(1)).min(1),
  sections: z.array(NarrativeSection).min(1),
});
export type Narrative = z.infer<typeof Narrative>;
