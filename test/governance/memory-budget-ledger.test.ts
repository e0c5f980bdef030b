import { budgetLedgerContract } from "../contracts/budget-ledger.ts";
import { createMemoryBudgetLedger } from "../fakes/memory-budget-ledger.ts";

budgetLedgerContract(async () => ({ ledger: createMemoryBudgetLedger() }));
