// How many rows there are in all, and where the next page begins.

export const paginationOf = (
  { limit, offset }: { limit: number; offset: number },
  total: number,
): Record<string, string> => ({
  "x-pagination-total": String(total),
  ...(offset + limit < total ? { "x-pagination-next": String(offset + limit) } : {}),
});
