import { threadsContract } from "../contracts/records-threads.ts";
import { recordStores } from "./stores.ts";

const stores = await recordStores();
afterAll(async () => {
  for (const store of stores) await store.dispose();
});

describe.each(stores)("threads on $name", (store) => {
  threadsContract(store.open);
});
