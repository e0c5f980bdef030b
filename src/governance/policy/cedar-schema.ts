// The Cedar schema: who may be asked about, what, and in which circumstances. Arguments stand under the
// name of their tool: `context.arguments has http.url && context.arguments.http.url like "https://…"`.
import type { SchemaJson, Type, TypeOfAttribute } from "@cedar-policy/cedar-wasm/nodejs";
import { TuttiError } from "../../errors.ts";
import type { RecordShape, Shape } from "./argument-shape.ts";
import { cedar } from "./cedar.ts";
import { type Action, ACTIONS, RESOURCES } from "./policy-request.ts";

type CedarType = Type<string>;
type Attributes = Record<string, TypeOfAttribute<string>>;

const STRING: CedarType = { type: "String" };
const LONG: CedarType = { type: "Long" };
const record = (attributes: Attributes): CedarType => ({ type: "Record", attributes });

const typeOf = (shape: Shape): CedarType => {
  switch (shape.kind) {
    case "record":
      return recordOf(shape);
    case "set":
      return { type: "Set", element: typeOf(shape.element) };
    case "boolean":
      return { type: "Boolean" };
    case "long":
    case "decimal":
      return LONG;
    default:
      return STRING;
  }
};

const recordOf = ({ fields }: RecordShape): CedarType =>
  record(
    Object.fromEntries(
      Object.entries(fields).map(([name, { shape, required }]) => [
        name,
        { ...typeOf(shape), required },
      ]),
    ),
  );

const CIRCUMSTANCES: Attributes = {
  agent: { ...STRING, required: false },
  costCents: LONG,
  taint: { type: "Set", element: STRING },
  time: { type: "Extension", name: "datetime" },
};

/** The schema over tools by name, as Cedar reads it. */
export const cedarSchema = (tools: Readonly<Record<string, RecordShape>>): SchemaJson<string> => {
  const asked = Object.entries(tools).map(([name, shape]): [string, TypeOfAttribute<string>] => [
    name,
    { ...recordOf(shape), required: false },
  ]);
  const commonTypes = {
    Circumstances: record(CIRCUMSTANCES),
    Call: record({ ...CIRCUMSTANCES, arguments: record(Object.fromEntries(asked)) }),
  };
  const principal = { memberOfTypes: ["Role"], shape: record({ tenant: STRING, role: STRING }) };
  const owned = { shape: record({ tenant: STRING }) };
  const action = (name: Action) => ({
    appliesTo: {
      principalTypes: ["Person", "Key", "Agent"],
      resourceTypes: [...RESOURCES[name]],
      context: { type: name === "call" || name === "callUnattended" ? "Call" : "Circumstances" },
    },
  });
  return {
    "": {
      commonTypes,
      entityTypes: {
        Role: {},
        Person: principal,
        Key: principal,
        Agent: {},
        Tool: { shape: record({ effect: STRING }) },
        Model: { shape: record({ provider: STRING }) },
        Graph: owned,
        Thread: owned,
        File: owned,
        Memory: owned,
      },
      actions: Object.fromEntries(ACTIONS.map((name) => [name, action(name)])),
    },
  };
};

/** The schema as text, for people who write policies. */
export const schemaText = (schema: SchemaJson<string>): string => {
  const answer = cedar().schemaToText(schema);
  if (answer.type === "success") return answer.text.replaceAll("__cedar::", "");
  throw new TuttiError("INTERNAL", answer.errors.map(({ message }) => message).join("; "));
};
