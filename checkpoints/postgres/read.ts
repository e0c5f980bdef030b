// Reading records from PostgreSQL: rows of cp_records as heads, writes, lists and values.
import type { FoundHead, HeadQuery, HeadRow, ListRow, Nearby } from "../core/backend.ts";
import { readRecord, valueKey, type RecordParts } from "./record.ts";

/** Runs a statement that may be repeated. */
export type Query = <Row extends object>(text: string, values: unknown[]) => Promise<Row[]>;

/** Checkpoints before the one that is read, whose rows come along with it. */
const NEARBY = 16;

const fromBase64 = (text: string): Buffer => Buffer.from(text, "base64");

const listRows = ({ segments, values }: RecordParts): ListRow[] =>
  segments.map((segment, i) => (i === 0 ? { ...segment, beside: values } : segment));

const byPosition = (a: ListRow, b: ListRow): number => a.list - b.list || a.position - b.position;

const nearbyOf = (records: readonly RecordParts[]): Nearby => ({
  lists: records.flatMap(listRows).toSorted(byPosition),
  values: new Map(records.flatMap(({ values }) => values)),
});

interface FindRow {
  readonly kind: "head" | "writes" | "nearby";
  readonly tid: number;
  readonly generation: number;
  readonly id: Buffer;
  readonly lists: string | null;
  readonly data: Buffer;
}

const NOTHING = Buffer.alloc(0);

export const findHead = async (
  query: Query,
  thread: string,
  ns: string,
  id: Buffer | undefined,
): Promise<FoundHead | undefined> => {
  const rows = await query<FindRow>("SELECT * FROM cp_find($1, $2, $3, $4)", [
    thread,
    ns,
    id ?? null,
    NEARBY,
  ]);
  const [first] = rows;
  if (first === undefined) return undefined;
  const records = rows.map(({ data, lists }) => readRecord(data, lists));
  return {
    tid: first.tid,
    thread,
    generation: first.generation,
    ns,
    id: first.id,
    head: records[0]?.head ?? NOTHING,
    writes: records.filter((_, i) => rows[i]?.kind === "writes").map(writeOf),
    nearby: nearbyOf(records),
  };
};

const writeOf = ({ write }: RecordParts): Buffer => write ?? NOTHING;

const WRITES = `coalesce((SELECT json_agg(json_build_array(encode(w.data, 'base64'), w.lists::text) ORDER BY cp_n(w.mark)) FROM cp_records w
  WHERE w.thread = c.thread AND w.ns = c.ns AND cp_steps(w.target) = cp_steps(c.id) AND w.target = c.id), '[]'::json) AS writes`;

type EncodedRow = readonly [data: string, lists: string | null];

const decodeRow = ([data, lists]: EncodedRow): RecordParts => readRecord(fromBase64(data), lists);

interface PageRow extends Omit<HeadRow, "head"> {
  readonly lists: string | null;
  readonly data: Buffer;
  readonly writes: readonly EncodedRow[];
}

// Which conditions a page has decides its text; there are few of them.
const pageText = (query: HeadQuery, values: unknown[]): string => {
  const conditions = ["id IS NOT NULL"];
  const when = (value: unknown, condition: (place: string) => string): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  when(query.thread, (at) => `thread = (SELECT t.id FROM cp_threads t WHERE t.thread = ${at})`);
  when(query.ns, (at) => `ns = ${at}`);
  when(query.id, (at) => `cp_slot(id) = cp_slot(${at}::bytea) AND id = ${at}`);
  when(query.before, (at) => `cp_slot(id) <= cp_slot(${at}::bytea) AND id < ${at}`);
  when(query.after?.id, (at) => `cp_slot(id) <= cp_slot(${at}::bytea) AND id <= ${at}`);
  if (query.after !== undefined) {
    values.push(query.after.tid, query.after.ns);
    const at = values.length;
    conditions.push(`(id, thread, ns) < ($${at - 2}, $${at - 1}, $${at})`);
  }
  values.push(query.limit);
  return `SELECT t.id::float8 AS tid, t.thread, t.generation::float8 AS generation, c.ns, c.id, c.lists::text AS lists, c.data, ${WRITES} FROM (
    SELECT thread, ns, id, lists, data FROM cp_records WHERE ${conditions.join(" AND ")}
    ORDER BY cp_slot(id) DESC, id DESC, thread DESC, ns DESC LIMIT $${values.length}) c
    JOIN cp_threads t ON t.id = c.thread ORDER BY c.id DESC, c.thread DESC, c.ns DESC`;
};

export const pageOfHeads = async (query: Query, wanted: HeadQuery): Promise<FoundHead[]> => {
  const values: unknown[] = [];
  const rows = await query<PageRow>(pageText(wanted, values), values);
  const byThread = new Map<number, RecordParts[]>();
  const found = rows.map(({ data, lists, writes, ...row }) => {
    const record = readRecord(data, lists);
    const own = writes.map(decodeRow);
    byThread.set(row.tid, [...(byThread.get(row.tid) ?? []), record, ...own]);
    return { ...row, head: record.head ?? NOTHING, writes: own.map(writeOf) };
  });
  // the same numbers may be in two threads, when one is a copy of the other
  const nearby = new Map([...byThread].map(([tid, records]) => [tid, nearbyOf(records)]));
  return found.map((row) => ({ ...row, nearby: nearby.get(row.tid) }));
};

export const writesOf = async (
  query: Query,
  tid: number,
  keys: readonly { ns: string; id: Buffer }[],
): Promise<Buffer[][]> => {
  const rows = await query<{ writes: readonly EncodedRow[] }>(
    `SELECT ${WRITES} FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY k(ns, id, place)
       CROSS JOIN LATERAL (SELECT $1::bigint AS thread, k.ns, k.id) c ORDER BY k.place`,
    [tid, keys.map(({ ns }) => ns), keys.map(({ id }) => id)],
  );
  return rows.map(({ writes }) => writes.map((row) => writeOf(decodeRow(row))));
};

interface Packed {
  readonly sizes: string | null;
  readonly data: string;
}

const unpack = (rows: readonly Packed[]): RecordParts[] => {
  const [row] = rows;
  if (row === undefined || row.sizes === null) return [];
  const data = fromBase64(row.data);
  let position = 0;
  return row.sizes.split(",").map((text) => {
    const [size, lists = ""] = text.split(" ");
    return readRecord(data.subarray(position, (position += Number(size))), lists || null);
  });
};

/** Segments of the lists and of those they continue, which takes another query for each generation. */
export const listsOf = async (
  query: Query,
  tid: number,
  lists: readonly number[],
): Promise<ListRow[]> => {
  const read: ListRow[] = [];
  const known = new Set<number>();
  for (let wanted = [...lists]; wanted.length > 0;) {
    for (const list of wanted) known.add(list);
    const packed = await query<Packed>("SELECT * FROM cp_read_lists($1, $2)", [tid, wanted]);
    const rows = unpack(packed).flatMap(listRows);
    read.push(...rows);
    const bases = rows.flatMap(({ base }) => (base === undefined ? [] : [base]));
    wanted = [...new Set(bases)].filter((base) => !known.has(base));
  }
  return read.toSorted(byPosition);
};

export const valuesOf = async (
  query: Query,
  tid: number,
  ids: readonly number[],
): Promise<Map<number, Buffer>> => {
  const rows = unpack(
    await query<Packed>("SELECT * FROM cp_read_values($1, $2, $3)", [
      tid,
      [...new Set(ids.map(valueKey))],
      ids.map(String),
    ]),
  );
  const wanted = new Set(ids);
  return new Map(rows.flatMap(({ values }) => values).filter(([id]) => wanted.has(id)));
};
