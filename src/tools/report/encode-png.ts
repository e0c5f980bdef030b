// Pictures as PNG without an alpha channel: half the memory, and a PDF takes the bytes as they are, so
// that the same chart always gives the same file. Format: https://www.w3.org/TR/png-3/
import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGB = 2;
const SUBTRACT_LEFT = 1;

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
};

/** A PNG of opaque pixels, given as 4 bytes each (red, green, blue, alpha), row by row. */
export const encodePng = (pixels: Uint8Array, width: number, height: number): Buffer => {
  const stride = 1 + width * 3;
  const rows = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    let to = y * stride;
    rows[to++] = SUBTRACT_LEFT;
    let from = y * width * 4;
    let [red, green, blue] = [0, 0, 0];
    for (let x = 0; x < width; x += 1, from += 4) {
      const [r = 0, g = 0, b = 0] = [pixels[from], pixels[from + 1], pixels[from + 2]];
      rows[to++] = r - red;
      rows[to++] = g - green;
      rows[to++] = b - blue;
      [red, green, blue] = [r, g, b];
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, RGB, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
};
