import { runsContract } from "../contracts/records-runs.ts";
import { recordStores } from "./stores.ts";

const stores = await recordStores();
afterAll(async () => {
  for (const store of stores) await store.dispose();
});

describe.each(stores)("runs on $name", (store) => {
  runsContract(store.open);
});
