// Every endpoint there is, in the order of the document.
import type { Route } from "../http/define-route.ts";
import type { ServerOptions } from "../options.ts";
import { assistantGraphRoutes } from "./assistant-graphs.ts";
import { assistantRoutes } from "./assistants.ts";
import { cronRoutes } from "./crons.ts";
import { fileRoutes } from "./files.ts";
import { protocolRoutes } from "./protocol.ts";
import { runRoutes } from "./runs.ts";
import { statelessRunRoutes } from "./stateless-runs.ts";
import { storeRoutes } from "./store.ts";
import { systemRoutes } from "./system.ts";
import { threadStateRoutes } from "./thread-state.ts";
import { threadStreamRoutes } from "./thread-stream.ts";
import { threadRoutes } from "./threads.ts";
import { uiRoutes } from "./ui.ts";

export const allRoutes = (options: ServerOptions): readonly Route[] => {
  const routes: readonly Route[] = [
    ...assistantRoutes,
    ...assistantGraphRoutes,
    ...threadRoutes,
    ...threadStateRoutes,
    ...threadStreamRoutes,
    ...runRoutes,
    ...statelessRunRoutes,
    ...cronRoutes,
    ...storeRoutes,
    ...fileRoutes,
    ...protocolRoutes,
    ...uiRoutes(options.ui),
    ...systemRoutes(options.flags ?? {}, () => served),
  ];
  const served = routes.filter(
    ({ group }) => group === undefined || !(options.disabled?.has(group) ?? false),
  );
  return served;
};
