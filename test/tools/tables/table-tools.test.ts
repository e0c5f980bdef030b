import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SqlResult, StoredResult, TableProfile, ToolFailure } from "../../../src/protocol/index.ts";
import { describeTablesTool, sqlTool } from "../../../src/tools/index.ts";
import { fixture } from "./table-fixture.ts";

const setUp = async () => {
  const { open, store } = await fixture();
  const session = await open("sales.csv", "region,revenue\nNorth,5.50\nSouth,7.25\n");
  const call = async (query: string): Promise<unknown> =>
    JSON.parse(String(await sqlTool({ session, store }).invoke({ query })));
  return { session, store, call };
};

describe("sql", () => {
  it("answers with rows, and stores the whole result under its hash", async () => {
    const { call, store, session } = await setUp();
    const query =
      "SELECT region, sum(revenue) AS revenue FROM sales GROUP BY region ORDER BY region";
    const answer = SqlResult.parse(await call(query));
    expect(answer).toMatchObject({
      columns: [
        { name: "region", type: "text" },
        { name: "revenue", type: "decimal" },
      ],
      rowCount: 2,
      truncated: false,
      rows: [
        ["North", 5.5],
        ["South", 7.25],
      ],
    });
    const bytes = await store.get(answer.resultId);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(answer.resultId);
    expect(StoredResult.parse(JSON.parse(new TextDecoder().decode(bytes)))).toEqual({
      sql: query,
      columns: answer.columns,
      rows: answer.rows,
      truncated: false,
      sources: [{ table: "sales", sha256: session.profiles[0]?.sha256 }],
    });
    expect(SqlResult.parse(await call(query)).resultId).toBe(answer.resultId);
  });

  it("shows 50 rows and stores 10,000, and says when there were more", async () => {
    const { call, store } = await setUp();
    const answer = SqlResult.parse(await call("SELECT * FROM range(20000)"));
    expect([answer.rows.length, answer.rowCount, answer.truncated]).toEqual([50, 10_000, true]);
    const stored = StoredResult.parse(
      JSON.parse(new TextDecoder().decode(await store.get(answer.resultId))),
    );
    expect([stored.rows.length, stored.truncated]).toEqual([10_000, true]);
  });

  it.each([
    "SELECT nothing FROM sales",
    "DROP TABLE sales",
    "SELECT * FROM read_text('/etc/passwd')",
  ])("answers a failed query with a failure: %s", async (query) => {
    const { call } = await setUp();
    const { error } = ToolFailure.parse(await call(query));
    expect(error).toMatchObject({
      code: "TABLE_QUERY",
      hint: expect.stringMatching(/\w/) as string,
    });
  });

  it("is cancelled by the task's signal", async () => {
    const { session, store } = await setUp();
    const tool = sqlTool({ session, store, signal: AbortSignal.abort() });
    await expect(tool.invoke({ query: "SELECT 1" })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("describe_tables", () => {
  it("answers with the profiles", async () => {
    const { session } = await setUp();
    const { tables } = JSON.parse(String(await describeTablesTool(session).invoke({}))) as {
      tables: unknown[];
    };
    expect(tables.map((table) => TableProfile.parse(table))).toEqual(session.profiles);
  });
});
