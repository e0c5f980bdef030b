import { budgetLedgerContract } from "../contracts/budget-ledger.ts";
import { recordStores } from "./stores.ts";

const stores = await recordStores();
afterAll(async () => {
  for (const store of stores) await store.dispose();
});

describe.each(stores)("the budget ledger on $name", (store) => {
  budgetLedgerContract(async () => {
    const { records, close } = await store.open();
    return { ledger: records.budget, close };
  });
});
