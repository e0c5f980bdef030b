// Office files as archives that are the same to the byte each time: entries sorted, stored without
// compression (zlib's output differs between builds), all dated 1 January 1980.
import { unzip, zip } from "@cj-tech-master/excelts/archive";

export const repack = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const packed = zip({ reproducible: true, level: 0 });
  for await (const entry of unzip(bytes).entries()) {
    if (entry.type === "file") packed.add(entry.path, await entry.bytes());
  }
  return packed.bytes();
};
