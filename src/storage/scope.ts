// What a caller may see, as conditions in SQL.
import { type RawBuilder, sql } from "kysely";
import { TuttiError } from "../errors.ts";
import { matchesFilter } from "./metadata-filter.ts";
import type { Scope } from "./records.ts";
import type { Sql } from "./sql.ts";
import { SYSTEM_TENANT } from "./tables.ts";

/** The tenant of a caller, who is never the platform itself. */
export const tenantOf = ({ tenant }: Scope): string => {
  if (tenant === SYSTEM_TENANT) throw new TuttiError("INTERNAL", "a request without a tenant");
  return tenant;
};

/** Whether the filter of the caller matches the metadata in a column, e.g. `threads.metadata`. */
export const isVisible = (using: Sql, scope: Scope, column: string): RawBuilder<boolean> =>
  scope.filter === undefined
    ? sql<boolean>`1 = 1`
    : matchesFilter(using, sql.ref(column), scope.filter);
