// What the page's address says.
export interface Place {
  readonly form: string;
  readonly api: string;
  readonly graph: string;
  readonly key: string | null;
  readonly thread: string | null;
}

export const readPlace = (): Place => {
  const said = new URLSearchParams(location.search);
  return {
    form: said.get("form") ?? "legacy",
    api: said.get("api") ?? "http://127.0.0.1:2024",
    graph: said.get("graph") ?? "chat",
    key: said.get("key"),
    thread: said.get("thread"),
  };
};

const watchers = new Set<() => void>();

/** The address names the thread, so that a reload comes back to it. */
export const rememberThread = (thread: string): void => {
  const address = new URL(location.href);
  address.searchParams.set("thread", thread);
  history.replaceState(null, "", address);
  for (const tell of watchers) tell();
};

export const watchPlace = (tell: () => void): (() => void) => {
  watchers.add(tell);
  return () => watchers.delete(tell);
};
