// The rendering tools of one task: chart, workbook, pdf, dashboard. Models hand in references; figures
// come from the verified tables of the task's inputs. A failed call is a result, never a throw. The
// writers of PDF and XLSX are large: they are loaded with the first file.
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { z } from "zod";
import { TuttiError, asTuttiError } from "../../errors.ts";
import {
  ChartArgs,
  DocumentArgs,
  WorkbookArgs,
  type Chart,
  type FileRef,
  type ReportSpec,
  type ToolFailure,
} from "../../protocol/index.ts";
import { completeSpec } from "./chart-defaults.ts";
import { ChartRenderer } from "./chart-renderer.ts";
import { refuseSpec } from "./chart-spec.ts";
import { dashboardHtml } from "./dashboard.ts";
import { REPORT_LIMITS, type ReportLimits } from "./limits.ts";
import { reportContent } from "./report-content.ts";
import { limitRows, requireTable, type ReportTools } from "./report-inputs.ts";

export interface ReportToolsOptions extends ReportTools {
  /** Lower or raise what rendering may cost; the rest stays at REPORT_LIMITS. */
  readonly limits?: Partial<ReportLimits>;
}

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const failureOf = (error: unknown): ToolFailure => {
  const { code, message, hint } = asTuttiError(error);
  return { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
};

/** Throws when the call has been cancelled or takes too long; to be called between pieces of work. */
const stopwatch = (signal: AbortSignal | undefined, seconds: number): (() => void) => {
  const end = performance.now() + seconds * 1000;
  return () => {
    if (signal?.aborted === true) throw new TuttiError("CANCELLED", "rendering was cancelled");
    if (performance.now() > end) {
      throw new TuttiError("TOOL_FAILED", `rendering took longer than ${seconds} seconds`, {
        hint: "Show fewer rows.",
      });
    }
  };
};

/**
 * LangChain throws on arguments that do not fit a tool's schema. This one lets them through, to be
 * answered with a ToolFailure; as JSON Schema it reads the same. (JSON Schema generation calls `catch`
 * without a context.)
 */
const lenient = (schema: z.ZodObject) =>
  schema.catch((context: { readonly input?: unknown } | undefined) => context?.input as never);

const renderingTool = <Schema extends z.ZodObject>(
  name: string,
  description: string,
  schema: Schema,
  run: (args: z.output<Schema>) => Promise<Chart | FileRef>,
): StructuredToolInterface =>
  tool(
    async (input: unknown): Promise<string> => {
      try {
        const args = schema.safeParse(input);
        if (args.success) return JSON.stringify(await run(args.data));
        throw new TuttiError("TOOL_FAILED", `wrong arguments: ${z.prettifyError(args.error)}`, {
          hint: `Follow the schema of ${name}.`,
        });
      } catch (error) {
        return JSON.stringify(failureOf(error));
      }
    },
    { name, description, schema: lenient(schema) },
  );

const chartTool = (tools: ReportTools, limits: ReportLimits): StructuredToolInterface => {
  const renderer = new ChartRenderer(limits.chartSeconds);
  return renderingTool(
    "chart",
    "Draws a chart of one verified table. `spec` is a vega-lite 6 spec with `mark`, `encoding`, `transform` or `layer`, without `data`: the table's rows are its data, its column names the fields. Types, titles, number formats, colours and size are filled in when left out. Several measures side by side: fold them.",
    ChartArgs,
    async ({ id, title, tableId, spec }) => {
      const table = requireTable(tools.context, tableId);
      if (table.rows.length === 0) {
        throw new TuttiError("TOOL_FAILED", `table ${tableId} has no rows to draw`, {
          hint: "Show the table without a chart; it will say that nothing was found.",
        });
      }
      limitRows([table], limits.chartRows, "chart");
      const reason = refuseSpec(spec, table);
      if (reason !== undefined) {
        throw new TuttiError("TOOL_FAILED", `the spec of chart ${id} was refused: ${reason}`, {
          hint: "A spec is mark, encoding, transform or layer of vega-lite 6, over the table's columns.",
        });
      }
      const drawn = await renderer.draw(completeSpec(spec, table, title), tools.context.signal);
      const [svg, png] = await Promise.all([
        tools.store.put(Buffer.from(drawn.svg), { name: `${id}.svg`, mime: "image/svg+xml" }),
        tools.store.put(drawn.png, { name: `${id}.png`, mime: "image/png" }),
      ]);
      return { id, title, tableId, svg, png };
    },
  );
};

const putFile = (
  { store }: ReportTools,
  limits: ReportLimits,
  bytes: Uint8Array,
  file: { name: string; mime: string },
): Promise<FileRef> => {
  if (bytes.byteLength > limits.fileBytes) {
    throw new TuttiError("TOOL_FAILED", `${file.name} has ${bytes.byteLength} bytes`, {
      hint: `At most ${limits.fileBytes} are allowed; show fewer rows or charts.`,
    });
  }
  return store.put(bytes, file);
};

const tablesOf = ({ context }: ReportTools, report: ReportSpec) =>
  report.sections.flatMap(({ tables }) => tables.map((id) => requireTable(context, id)));

const workbookTool = (tools: ReportTools, limits: ReportLimits): StructuredToolInterface =>
  renderingTool(
    "workbook",
    "Makes report.xlsx: a summary, one formatted sheet per verified table with native charts beside the data, the data notes and the sources.",
    WorkbookArgs,
    async (spec) => {
      const tables = spec.sheets.map(({ tableId }) => requireTable(tools.context, tableId));
      limitRows(tables, limits.workbookRows, "workbook");
      const check = stopwatch(tools.context.signal, limits.fileSeconds);
      const { workbookBytes } = await import("./workbook.ts");
      const bytes = await workbookBytes(tools, spec, check);
      return putFile(tools, limits, bytes, { name: "report.xlsx", mime: XLSX });
    },
  );

const pdfTool = (tools: ReportTools, limits: ReportLimits): StructuredToolInterface =>
  renderingTool(
    "pdf",
    "Makes report.pdf from sections that name narrative sections, verified tables and charts by id. Pass `charts` exactly as the chart tool returned them.",
    DocumentArgs,
    async ({ report, charts }) => {
      limitRows(tablesOf(tools, report), limits.pdfRows, "PDF");
      const check = stopwatch(tools.context.signal, limits.fileSeconds);
      const { pdfReport } = await import("./pdf.ts");
      const bytes = await pdfReport(await reportContent(tools, report, charts), check);
      return putFile(tools, limits, bytes, { name: "report.pdf", mime: "application/pdf" });
    },
  );

const dashboardTool = (tools: ReportTools, limits: ReportLimits): StructuredToolInterface =>
  renderingTool(
    "dashboard",
    "Makes report.html, one self-contained page, from the same arguments as `pdf`. A table with a single row becomes the key figures at the top.",
    DocumentArgs,
    async ({ report, charts }) => {
      limitRows(tablesOf(tools, report), limits.dashboardRows, "dashboard");
      const content = await reportContent(tools, report, charts);
      stopwatch(tools.context.signal, limits.fileSeconds)();
      const bytes = Buffer.from(dashboardHtml(content));
      return putFile(tools, limits, bytes, { name: "report.html", mime: "text/html" });
    },
  );

/** The tools `chart`, `workbook`, `pdf` and `dashboard` of one task. Results are JSON, failures ToolFailure. */
export const reportTools = ({
  limits: given,
  ...tools
}: ReportToolsOptions): StructuredToolInterface[] => {
  const limits = { ...REPORT_LIMITS, ...given };
  return [
    chartTool(tools, limits),
    workbookTool(tools, limits),
    pdfTool(tools, limits),
    dashboardTool(tools, limits),
  ];
};
