import { othersContract } from "../contracts/records-others.ts";
import { recordStores } from "./stores.ts";

const stores = await recordStores();
afterAll(async () => {
  for (const store of stores) await store.dispose();
});

describe.each(stores)("records on $name", (store) => {
  othersContract(store.open);
});
