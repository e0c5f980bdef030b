// Opens the data folder a command works in, and closes it whatever happens.
import type { CliHost, Platform } from "./platform.ts";
import type { Common } from "./platform.ts";

export const withPlatform = async <Result>(
  host: CliHost,
  { data, server, key }: Common,
  work: (platform: Platform) => Promise<Result>,
): Promise<Result> => {
  const platform = await host.open({
    data: data ?? host.data,
    ...(server === undefined ? {} : { server }),
    ...(key === undefined ? {} : { key }),
  });
  try {
    return await work(platform);
  } finally {
    await platform.close();
  }
};
