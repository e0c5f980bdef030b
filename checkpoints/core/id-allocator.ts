// Numbers for values and lists, reserved from the database in blocks, so that a step needs no round
// trip to learn them and two processes never use the same one.
import type { Backend } from "./backend.ts";

const BLOCK = 1_024;

export class IdAllocator {
  private next = 0;
  private end = 0;
  private refill: Promise<void> | undefined;
  private ahead: number | undefined;
  private readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  get left(): number {
    return this.end - this.next + (this.ahead === undefined ? 0 : BLOCK);
  }

  take(): number {
    if (this.next >= this.end) {
      if (this.ahead === undefined) throw new RangeError("ensure() was not awaited");
      this.next = this.ahead;
      this.end = this.ahead + BLOCK;
      this.ahead = undefined;
    }
    return this.next++;
  }

  /** True when `count` numbers can be taken at once. */
  has(count: number): boolean {
    if (this.left < BLOCK && this.refill === undefined) void this.prefetch();
    return this.left >= count;
  }

  async ensure(count: number): Promise<void> {
    while (!this.has(count)) {
      if (count > BLOCK) {
        const size = count + BLOCK;
        this.next = await this.backend.reserve(size);
        this.end = this.next + size;
      } else await this.prefetch();
    }
  }

  private prefetch(): Promise<void> {
    if (this.refill === undefined) {
      this.refill = this.reserve();
      this.refill.catch(() => undefined); // whoever needs the numbers awaits ensure() and sees it
    }
    return this.refill;
  }

  private async reserve(): Promise<void> {
    try {
      this.ahead = await this.backend.reserve(BLOCK);
    } finally {
      this.refill = undefined;
    }
  }
}
