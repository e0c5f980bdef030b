// Names that repeat in every step (channels, nodes, task paths) are stored once, as a shape; a record
// names its shape by the first eight bytes of the digest of its text.
import { hash } from "node:crypto";

export interface Shape {
  readonly key: Buffer;
  /** The key as a string of one character a byte. */
  readonly name: string;
  readonly text: string;
  readonly names: unknown;
}

const shapeOf = (text: string, names: unknown): Shape => {
  const key = Buffer.from(hash("sha256", text, "hex").slice(0, 16), "hex");
  return { key, name: key.toString("latin1"), text, names };
};

/** The shapes a process has seen in the database, by key; shapes are never changed or deleted. */
export class ShapeCache {
  private readonly texts = new Map<string, unknown>();
  private readonly stored = new Set<string>();
  private readonly made = new Map<string, Shape>();

  /** The shape of names, made only once. */
  of(names: unknown): Shape {
    const text = JSON.stringify(names);
    let shape = this.made.get(text);
    if (shape === undefined) {
      shape = shapeOf(text, names);
      if (this.made.size > 5_000) this.made.clear();
      this.made.set(text, shape);
    }
    return shape;
  }

  isStored(shape: Shape): boolean {
    return this.stored.has(shape.name);
  }

  /** Call only after the commit that stored it. */
  markStored(shapes: readonly Shape[]): void {
    for (const shape of shapes) this.stored.add(shape.name);
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
