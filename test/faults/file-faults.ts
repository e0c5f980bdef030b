// Faults of finished files that can be seen without reading them: absent, empty, not what they claim to be.
import type { FileRef, FindingCode } from "../../src/protocol/index.ts";
import type { HandOverFault, Random } from "./fault.ts";
import { encode, fileFault, replaced } from "./file-change.ts";
import { emptyWorkbook, makePdf } from "./office-file.ts";

const onReference = (
  name: string,
  expect: readonly FindingCode[],
  change: (file: FileRef, rng: Random) => FileRef | undefined,
): HandOverFault => ({
  on: "hand-over",
  name,
  kind: "missing-file",
  expect,
  applies: ({ handOver }) => handOver.files.length > 0,
  mutate: ({ handOver }, rng) => {
    const file = rng.pick(handOver.files);
    return replaced(handOver, file, change(file, rng));
  },
});

const PNG = Uint8Array.from([
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 73, 72, 68, 82,
]);

const missing: HandOverFault[] = [
  {
    ...onReference("a file left out", ["missing-file"], () => undefined),
    applies: ({ handOver, context }) =>
      handOver.files.length > 0 && (context.task.expects.files?.length ?? 0) > 0,
    mutate: ({ handOver, context }, rng) => {
      const wanted = handOver.files.filter((f) => context.task.expects.files?.includes(f.name));
      return wanted.length === 0 ? undefined : replaced(handOver, rng.pick(wanted), undefined);
    },
  },
  {
    ...onReference("a file under another name", ["missing-file"], () => undefined),
    applies: ({ handOver, context }) =>
      handOver.files.length > 0 && (context.task.expects.files?.length ?? 0) > 0,
    mutate: ({ handOver, context }, rng) => {
      const wanted = handOver.files.filter((f) => context.task.expects.files?.includes(f.name));
      if (wanted.length === 0) return undefined;
      const file = rng.pick(wanted);
      return replaced(handOver, file, { ...file, name: `draft-${file.name}` });
    },
  },
  onReference("a file that was never written", ["missing-file"], (file, rng) => ({
    ...file,
    sha256: `${"c".repeat(63)}${rng.int(0, 9)}`,
  })),
];

const empty: HandOverFault[] = [
  fileFault({
    name: "a file of no bytes",
    kind: "empty-file",
    expect: ["empty-file"],
    change: () => new Uint8Array(),
  }),
  {
    ...fileFault({
      name: "a file of no bytes that claims its old size",
      kind: "empty-file",
      expect: ["empty-file", "file-mismatch", "missing-file"],
      change: () => new Uint8Array(),
    }),
    mutate: async ({ handOver }, rng, { artifacts }) => {
      const file = rng.pick(handOver.files);
      const none = await artifacts.put(new Uint8Array(), file);
      return replaced(handOver, file, { ...none, bytes: file.bytes });
    },
  },
  fileFault({
    name: "a workbook with nothing in it",
    kind: "empty-file",
    expect: ["empty-file", "file-mismatch"],
    forms: ["xlsx"],
    change: () => emptyWorkbook(),
  }),
  fileFault({
    name: "a PDF of one blank page",
    kind: "empty-file",
    expect: ["empty-file", "file-mismatch"],
    forms: ["pdf"],
    change: () => makePdf([""]),
  }),
  fileFault({
    name: "a page without a body",
    kind: "empty-file",
    expect: ["empty-file", "file-mismatch"],
    forms: ["html"],
    change: () =>
      encode("<!doctype html><html><head><title>Report</title></head><body></body></html>"),
  }),
];

const half = (bytes: Uint8Array): Uint8Array => bytes.slice(0, Math.floor(bytes.length / 2));
const UNOPENABLE: readonly FindingCode[] = ["unopenable-file"];

const unopenable: HandOverFault[] = [
  fileFault({
    name: "a workbook cut in the middle",
    kind: "unopenable-file",
    expect: UNOPENABLE,
    forms: ["xlsx"],
    change: half,
  }),
  fileFault({
    name: "a PDF cut in the middle",
    kind: "unopenable-file",
    expect: UNOPENABLE,
    forms: ["pdf"],
    change: half,
  }),
  fileFault({
    name: "a page that is a picture",
    kind: "unopenable-file",
    expect: UNOPENABLE,
    forms: ["html"],
    change: () => PNG,
  }),
  fileFault({
    name: "a workbook that is comma-separated text",
    kind: "unopenable-file",
    expect: UNOPENABLE,
    forms: ["xlsx"],
    change: () => encode("label,figure\nAll,12345\n"),
  }),
  fileFault({
    name: "a PDF that is an error message",
    kind: "unopenable-file",
    expect: UNOPENABLE,
    forms: ["pdf"],
    change: () => encode("500 Internal Server Error\n"),
  }),
  fileFault({
    name: "a chart cut in the middle",
    kind: "unopenable-file",
    expect: UNOPENABLE,
    forms: ["png"],
    change: half,
  }),
];

export const FILE_FAULTS: readonly HandOverFault[] = [...missing, ...empty, ...unopenable];
