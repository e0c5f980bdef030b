// What browsers get of the components of graphs (langgraph.json `ui`).

/** One file of a graph's components, as it goes to browsers. */
export interface UiFile {
  /** `entrypoint.js`, `entrypoint.css`. */
  readonly name: string;
  readonly mime: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

export interface UiBundle {
  /** What the script calls itself among a page's variables. */
  readonly global: string;
  readonly files: readonly UiFile[];
}

/** The bundle of a graph; undefined when it has no components. */
export type UiBundles = (graph: string) => Promise<UiBundle | undefined>;
