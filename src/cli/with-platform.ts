// Opens the data folder a command works in, and closes it whatever happens.
import type { CliHost, Platform } from "./platform.ts";
import type { Common } from "./platform.ts";

export const withPlatform = async <Result>(
  host: CliHost,
  { data }: Common,
  work: (platform: Platform) => Promise<Result>,
): Promise<Result> => {
  const platform = await host.open(data ?? host.data);
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
};
