// The little Markdown that questions are written in, for a terminal.
import { bold } from "./format.ts";

const inline = (line: string, ansi: boolean): string =>
  line.replaceAll(/\*\*(.+?)\*\*/g, (_match, words: string) => bold(words, ansi));

/** Headings and strong words become bold, or just words where there are no colours. */
export const renderMarkdown = (text: string, ansi: boolean): string =>
  text
    .split("\n")
    .map((line) => {
      const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
      return heading === undefined ? inline(line, ansi) : bold(heading.replaceAll("**", ""), ansi);
    })
    .join("\n");
