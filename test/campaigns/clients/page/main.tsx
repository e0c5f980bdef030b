// The page: one conversation with the server its address names.
import { useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { Legacy } from "./legacy.tsx";
import { readPlace, watchPlace } from "./place.ts";
import { Protocol } from "./protocol.tsx";

const Page = () => {
  const thread = useSyncExternalStore(watchPlace, () => readPlace().thread);
  const place = { ...readPlace(), thread };
  return place.form === "legacy" ? <Legacy place={place} /> : <Protocol place={place} />;
};

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Page />);
