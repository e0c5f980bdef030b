import { Reader } from "../core/reader.ts";
import { ShapeCache } from "../core/shapes.ts";
import type { Persistence } from "../open.ts";

/** A reader of its own, which remembers nothing that a saver knows. */
export const readerOf = ({ backend, cipher }: Persistence): Reader =>
  new Reader(backend, cipher, new ShapeCache());
