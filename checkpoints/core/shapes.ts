// Names that repeat in every step (channels, nodes, task paths) are stored once, as a shape; a record
// names its shape by the first eight bytes of the digest of its text.
import { hash } from "node:crypto";

export interface Shape {
  readonly key: Buffer;
  readonly text: string;
}

export const shapeOf = (names: unknown): Shape => {
  const text = JSON.stringify(names);
  return { key: Buffer.from(hash("sha256", text, "hex").slice(0, 16), "hex"), text };
};

/** The shapes a process has seen in the database, by key; shapes are never changed or deleted. */
export class ShapeCache {
  private readonly texts = new Map<string, unknown>();
  private readonly stored = new Set<string>();
  private readonly made = new Map<string, Shape>();

  /** A shape, made only once for names that were seen before under the same `quick` key. */
  of(quick: string, names: () => unknown): Shape {
    let shape = this.made.get(quick);
    if (shape === undefined) {
      shape = shapeOf(names());
      if (this.made.size > 5_000) this.made.clear();
      this.made.set(quick, shape);
    }
    return shape;
  }

  isStored(shape: Shape): boolean {
    return this.stored.has(shape.key.toString("latin1"));
  }

  /** Call only after the commit that stored it. */
  markStored(shapes: readonly Shape[]): void {
    for (const shape of shapes) this.stored.add(shape.key.toString("latin1"));
  }

  get(key: Buffer): unknown {
    return this.texts.get(key.toString("latin1"));
  }

  add(key: Buffer, text: string): void {
    const name = key.toString("latin1");
    this.texts.set(name, JSON.parse(text));
    this.stored.add(name);
  }
}
