// Rows of a table to and from the objects of the port: names, JSON, flags.
import { fromStored, fromStoredJson, toStoredJson } from "./stored-text.ts";

type Snake<Name extends string> = Name extends `${infer Head}${infer Rest}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Rest>}`
  : Name;
type Stored<Value> = Value extends boolean
  ? number
  : Value extends string | number | null
    ? Value
    : string;

/** The columns of an object: snake_case, flags as 0 and 1, JSON as text. */
export type ColumnsOf<Row> = {
  -readonly [Name in keyof Row & string as Snake<Name>]: Stored<Row[Name]>;
};

/** What is not there is not written. */
type Written<Change> = {
  -readonly [Name in keyof Change & string as Snake<Name>]: Stored<
    Exclude<Change[Name], undefined>
  >;
};

type Kind = "text" | "number" | "flag" | "json";

export interface Codec<Row> {
  /** The columns of the fields that are there; undefined ones are left out. */
  write<Change extends Partial<Row>>(change: Change): Written<Change>;
  read(columns: object): Row;
}

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const toColumn = (kind: Kind, value: unknown): unknown => {
  if (value === null) return null;
  if (kind === "json") return toStoredJson(value);
  return kind === "flag" ? Number(value) : value;
};

const fromColumn = (kind: Kind, value: unknown): unknown => {
  if (value === null || value === undefined) return null;
  if (kind === "json") return fromStoredJson(value as string);
  if (kind === "text") return fromStored(value as string);
  return kind === "flag" ? value === 1 : value;
};

/** JSON null and no value are one and the same: NULL. */
export const codecOf = <Row extends object>(kinds: {
  readonly [Name in keyof Row]-?: Kind;
}): Codec<Row> => {
  const fields = Object.entries<Kind>(kinds as Record<string, Kind>).map(([name, kind]) => ({
    name,
    kind,
    column: snake(name),
  }));
  return {
    write: (change) => {
      const columns: Record<string, unknown> = {};
      for (const { name, kind, column } of fields) {
        const value = (change as Record<string, unknown>)[name];
        if (value !== undefined) columns[column] = toColumn(kind, value);
      }
      return columns as never;
    },
    read: (columns) =>
      Object.fromEntries(
        fields.map(({ name, kind, column }) => [
          name,
          fromColumn(kind, (columns as Record<string, unknown>)[column]),
        ]),
      ) as Row,
  };
};
