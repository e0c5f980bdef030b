// The fonts of charts and PDF: shipped with the package, never the machine's.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const folder = join(
  dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")),
  "ttf",
);

export const FONT_FILES = {
  sans: join(folder, "DejaVuSans.ttf"),
  sansBold: join(folder, "DejaVuSans-Bold.ttf"),
  condensed: join(folder, "DejaVuSansCondensed.ttf"),
  condensedBold: join(folder, "DejaVuSansCondensed-Bold.ttf"),
  mono: join(folder, "DejaVuSansMono.ttf"),
} as const;
