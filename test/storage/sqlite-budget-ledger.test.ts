import Database from "better-sqlite3";
import { createSqliteBudgetLedger, migrate } from "../../src/storage/index.ts";
import { budgetLedgerContract } from "../contracts/budget-ledger.ts";

describe("the budget ledger of the embedded database", () => {
  budgetLedgerContract(async () => {
    const database = new Database(":memory:");
    migrate(database);
    return {
      ledger: createSqliteBudgetLedger(database),
      close: async () => void database.close(),
    };
  });
});
