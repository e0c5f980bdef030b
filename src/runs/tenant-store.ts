// The long-term store as one tenant sees it: every namespace begins with the tenant's, unseen.
import {
  BaseStore,
  type Item,
  type ListNamespacesOperation,
  type MatchCondition,
  type Operation,
  type OperationResults,
} from "@langchain/langgraph-checkpoint";

/** Labels of a namespace hold no periods. */
const labelOf = (tenant: string): string => encodeURIComponent(tenant).replaceAll(".", "%2E");

const isItem = (value: unknown): value is Item =>
  typeof value === "object" && value !== null && "namespace" in value && "key" in value;

class TenantStore extends BaseStore {
  private readonly store: BaseStore;
  private readonly label: string;

  constructor(store: BaseStore, tenant: string) {
    super();
    this.store = store;
    this.label = labelOf(tenant);
  }

  override async batch<Op extends readonly Operation[]>(
    operations: Op,
  ): Promise<OperationResults<Op>> {
    const results: unknown[] = await this.store.batch(operations.map((op) => this.inside(op)));
    return results.map((result, i) =>
      this.outside(result, operations[i]),
    ) as unknown as OperationResults<Op>;
  }

  override start(): Promise<void> | void {
    return this.store.start();
  }

  override stop(): Promise<void> | void {
    return this.store.stop();
  }

  private inside(operation: Operation): Operation {
    if ("namespacePrefix" in operation)
      return { ...operation, namespacePrefix: [this.label, ...operation.namespacePrefix] };
    if ("namespace" in operation)
      return { ...operation, namespace: [this.label, ...operation.namespace] };
    return this.insideList(operation);
  }

  private insideList(operation: ListNamespacesOperation): ListNamespacesOperation {
    const conditions = operation.matchConditions ?? [];
    const prefixes = conditions
      .filter(({ matchType }) => matchType === "prefix")
      .map(({ path }): MatchCondition => ({
        matchType: "prefix",
        path: [this.label, ...path],
      }));
    const suffixes = conditions.filter(({ matchType }) => matchType === "suffix");
    const own: MatchCondition = { matchType: "prefix", path: [this.label] };
    return {
      ...operation,
      matchConditions: [own, ...prefixes, ...suffixes],
      ...(operation.maxDepth === undefined ? {} : { maxDepth: operation.maxDepth + 1 }),
    };
  }

  private outside(result: unknown, operation: Operation | undefined): unknown {
    if (isItem(result)) return { ...result, namespace: result.namespace.slice(1) };
    if (!Array.isArray(result)) return result;
    if (operation !== undefined && "namespacePrefix" in operation)
      return (result as Item[]).map((item) => this.outside(item, undefined));
    const longest = this.longestSuffix(operation);
    return (result as string[][])
      .map((namespace) => namespace.slice(1))
      .filter((namespace) => namespace.length >= longest);
  }

  // a suffix must not match the tenant's own label
  private longestSuffix(operation: Operation | undefined): number {
    const conditions =
      operation !== undefined && "matchConditions" in operation
        ? (operation.matchConditions ?? [])
        : [];
    return Math.max(
      0,
      ...conditions.map(({ matchType, path }) => (matchType === "suffix" ? path.length : 0)),
    );
  }
}

export const tenantStore = (store: BaseStore, tenant: string): BaseStore =>
  new TenantStore(store, tenant);
