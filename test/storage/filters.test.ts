import { filtersContract } from "../contracts/records-filters.ts";
import { recordStores } from "./stores.ts";

const stores = await recordStores();
afterAll(async () => {
  for (const store of stores) await store.dispose();
});

describe.each(stores)("filters on $name", (store) => {
  filtersContract(store.open);
});
