// A growing buffer with variable-length integers, and its reader: the grammar of heads, writes and lists.
import { writeUuid } from "./ids.ts";

export class ByteWriter {
  private buffer = Buffer.allocUnsafe(1_024);
  length = 0;

  /** Starts anew with the same memory. */
  clear(): this {
    this.length = 0;
    return this;
  }

  private reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + size));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }

  byte(value: number): this {
    this.reserve(1);
    this.buffer[this.length++] = value;
    return this;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte. */
  varint(value: number): this {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** Bytes with their length before them. */
  block(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes);
  }

  text(value: string): this {
    const size = Buffer.byteLength(value);
    this.varint(size).reserve(size);
    this.length += this.buffer.write(value, this.length);
    return this;
  }

  /** A canonical UUID as 16 bytes; false, and nothing written, for any other text. */
  uuid(value: string): boolean {
    this.reserve(16);
    if (!writeUuid(value, this.buffer, this.length)) return false;
    this.length += 16;
    return true;
  }

  done(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }
}

/** For records that are written in one go: what it holds is copied out by done() before the next use. */
export const recordWriter = new ByteWriter();

export class ByteReader {
  position = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw new RangeError("a record ends too early");
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (scale > 2 ** 53) throw new RangeError("a number in a record is too large");
    }
  }

  raw(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError("a record ends too early");
    const slice = this.bytes.subarray(this.position, end);
    this.position = end;
    return slice;
  }

  block(): Buffer {
    return this.raw(this.varint());
  }

  text(): string {
    return this.block().toString();
  }
}
