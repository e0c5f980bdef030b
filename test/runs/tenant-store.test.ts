import { expect, it } from "vitest";
import { open } from "../../checkpoints/index.ts";
import { tenantStore } from "../../src/runs/tenant-store.ts";

it("two tenants with the same namespaces see only their own items", async () => {
  const { store, close } = await open("memory:");
  const [ours, theirs] = [tenantStore(store, "a.b"), tenantStore(store, "c")];
  await ours.put(["notes", "x"], "k", { v: 1 });
  await theirs.put(["notes", "x"], "k", { v: 2 });
  await theirs.put(["notes", "y"], "k", { v: 3 });
  expect((await ours.get(["notes", "x"], "k"))?.value).toEqual({ v: 1 });
  expect(await ours.search([])).toMatchObject([
    { namespace: ["notes", "x"], key: "k", value: { v: 1 } },
  ]);
  expect(await ours.listNamespaces({})).toEqual([["notes", "x"]]);
  expect(await theirs.listNamespaces({ maxDepth: 1 })).toEqual([["notes"]]);
  expect(await theirs.listNamespaces({ prefix: ["notes"], suffix: ["y"] })).toEqual([
    ["notes", "y"],
  ]);
  expect(await theirs.listNamespaces({ suffix: ["c", "notes", "y"] })).toEqual([]);
  await ours.delete(["notes", "x"], "k");
  expect(await ours.get(["notes", "x"], "k")).toBeNull();
  expect((await theirs.get(["notes", "x"], "k"))?.value).toEqual({ v: 2 });
  await close();
});
