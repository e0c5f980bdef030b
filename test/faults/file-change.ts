// How a finished file is exchanged for another: the store keeps both, the hand-over names the new one.
import type { FileRef, FindingCode, HandOver } from "../../src/protocol/index.ts";
import { shuffled } from "./cells.ts";
import type { FaultKind, FaultTools, HandOverCase, HandOverFault, Random } from "./fault.ts";

type Form = "xlsx" | "pdf" | "html" | "png";

const formOf = ({ name }: FileRef): string => name.split(".").at(-1)?.toLowerCase() ?? "";

export interface FileChange {
  name: string;
  kind: FaultKind;
  expect: readonly FindingCode[];
  forms?: readonly Form[];
  /** Other bytes for the file; undefined: not this file. */
  change: (
    bytes: Uint8Array,
    rng: Random,
    clean: HandOverCase,
  ) => Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

export const replaced = (handOver: HandOver, file: FileRef, by: FileRef | undefined): HandOver => ({
  ...handOver,
  files: handOver.files.flatMap((f) => (f !== file ? [f] : by === undefined ? [] : [by])),
});

const fits = (file: FileRef, forms: readonly Form[] | undefined): boolean =>
  forms === undefined || forms.some((form) => form === formOf(file));

export const fileFault = ({ name, kind, expect, forms, change }: FileChange): HandOverFault => ({
  on: "hand-over",
  name,
  kind,
  expect,
  applies: ({ handOver }) => handOver.files.some((file) => fits(file, forms)),
  mutate: async (clean, rng, { artifacts }: FaultTools) => {
    const { handOver } = clean;
    for (const file of shuffled(
      rng,
      handOver.files.filter((f) => fits(f, forms)),
    )) {
      const bytes = await change(await artifacts.get(file.sha256), rng, clean);
      if (bytes !== undefined) return replaced(handOver, file, await artifacts.put(bytes, file));
    }
    return undefined;
  },
});

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
