// What policy can see of a tool's arguments: the part of their JSON Schema that Cedar has types for.
// The rest (free-form values, unions) is opaque: checked for size and reserved keys, and never passed on.
import { z } from "zod";
import type { ToolDeclaration } from "../../protocol/index.ts";

export type Shape =
  | { readonly kind: "string" | "long" | "decimal" | "boolean" | "opaque" }
  | { readonly kind: "set"; readonly element: Shape }
  | RecordShape;
export interface RecordShape {
  readonly kind: "record";
  readonly fields: Readonly<Record<string, { readonly shape: Shape; readonly required: boolean }>>;
}

type Schema = Readonly<Record<string, unknown>>;
const OPAQUE: Shape = { kind: "opaque" };
/** Definitions that contain themselves end here. */
const DEEPEST = 12;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isZod = (schema: ToolDeclaration["arguments"]): schema is z.ZodType =>
  schema instanceof z.ZodType;

/** The arguments of a tool as a record; one whose schema is no object is a record without fields. */
export const argumentShape = (tool: Pick<ToolDeclaration, "arguments">): RecordShape => {
  const root: Schema = isZod(tool.arguments)
    ? z.toJSONSchema(tool.arguments, { io: "output", unrepresentable: "any" })
    : tool.arguments;
  const shape = shapeOf(root, root, 0);
  return shape.kind === "record" ? shape : { kind: "record", fields: {} };
};

const shapeOf = (schema: unknown, root: Schema, depth: number): Shape => {
  if (!isSchema(schema) || depth > DEEPEST) return OPAQUE;
  if (typeof schema["$ref"] === "string")
    return shapeOf(resolve(schema["$ref"], root), root, depth + 1);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices)) return commonShape(withoutNull(choices), root, depth);
  if (schema["allOf"] !== undefined) return OPAQUE;
  const { type } = schema;
  if (Array.isArray(type)) {
    const types = (type as unknown[]).filter((one) => one !== "null");
    return types.length === 1 ? shapeOf({ ...schema, type: types[0] }, root, depth) : OPAQUE;
  }
  if (type === undefined) return constantShape(schema);
  return typedShape(schema, root, depth);
};

const typedShape = (schema: Schema, root: Schema, depth: number): Shape => {
  const { type, items, prefixItems } = schema;
  if (type === "string" || type === "boolean") return { kind: type };
  if (type === "integer") return { kind: "long" };
  if (type === "number") return { kind: "decimal" };
  if (type === "array" && prefixItems === undefined) {
    const element = shapeOf(items, root, depth + 1);
    return element.kind === "opaque" ? OPAQUE : { kind: "set", element };
  }
  return type === "object" ? recordShape(schema, root, depth) : OPAQUE;
};

const recordShape = (schema: Schema, root: Schema, depth: number): Shape => {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : undefined;
  if (properties === undefined && schema["additionalProperties"] !== undefined)
    return schema["additionalProperties"] === false ? { kind: "record", fields: {} } : OPAQUE;
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = Object.entries(properties ?? {}).flatMap(([name, property]) => {
    const shape = name.startsWith("__") ? OPAQUE : shapeOf(property, root, depth + 1);
    if (shape.kind === "opaque") return [];
    // A value that may be null is one that may be absent: nulls are dropped.
    return [[name, { shape, required: required.includes(name) && !isNullable(property, root) }]];
  });
  return { kind: "record", fields: Object.fromEntries(fields) };
};

/** Of enumerations without a type. */
const constantShape = ({ enum: values, const: value }: Schema): Shape => {
  const all: unknown[] = Array.isArray(values) ? values : [value];
  if (all.every((one) => typeof one === "string")) return { kind: "string" };
  return all.every((one) => typeof one === "boolean") ? { kind: "boolean" } : OPAQUE;
};

const withoutNull = (choices: readonly unknown[]): unknown[] =>
  choices.filter((one) => !(isSchema(one) && one["type"] === "null"));

/** Several choices are seen when they are of one scalar type. */
const commonShape = (choices: readonly unknown[], root: Schema, depth: number): Shape => {
  const shapes = choices.map((one) => shapeOf(one, root, depth + 1));
  const [first = OPAQUE] = shapes;
  if (shapes.length === 1) return first;
  const isScalar = first.kind !== "record" && first.kind !== "set";
  return isScalar && shapes.every(({ kind }) => kind === first.kind) ? first : OPAQUE;
};

const isNullable = (schema: unknown, root: Schema): boolean => {
  if (!isSchema(schema)) return true;
  if (typeof schema["$ref"] === "string") return true;
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices)) return choices.some((one) => isNullable(one, root));
  const { type, enum: values } = schema;
  if (type === "null" || (Array.isArray(type) && type.includes("null"))) return true;
  return Array.isArray(values) && values.includes(null);
};

const resolve = (ref: string, root: Schema): unknown =>
  ref === "#"
    ? root
    : ref
        .replace(/^#\//u, "")
        .split("/")
        .reduce<unknown>((at, key) => (isSchema(at) ? at[key] : undefined), root);
