// What the model says next: text, tool calls, or both.
export interface Call {
  readonly name: string;
  readonly args: Record<string, unknown>;
}
export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly Call[];
}

export const say = (text: string): ModelAnswer => ({ text, calls: [] });
export const call = (name: string, args: object, text = ""): ModelAnswer => ({
  text,
  calls: [{ name, args: { ...args } }],
});

/** What it is, said wherever it is asked for something else. */
export const SELF = "Tutti offline model: rules, not a language model.";
