// One connection of a process that only listens, for any number of channels. When it is lost it is made
// again, and everybody is told that notifications may have been missed.
import { Client } from "pg";
import { messageOf } from "../errors.ts";
import type { Log } from "./log.ts";

export interface PostgresListener {
  /**
   * `onReconnect` is called after each (renewed) LISTEN. Throws when the first connection cannot be made.
   * The shape is what pg-boss takes.
   */
  listen(
    channel: string,
    onNotification: (payload: string) => void,
    onReconnect: () => void,
  ): Promise<{ close(): Promise<void> }>;
  stop(): Promise<void>;
}

export interface ListenerOptions {
  readonly connectionString: string;
  readonly log: Log;
  /** Milliseconds between looks whether the connection lives; default 5,000. */
  readonly heartbeatMs?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

interface Subscription {
  readonly channel: string;
  readonly onNotification: (payload: string) => void;
  readonly onReconnect: () => void;
}

const quoted = (channel: string): string => `"${channel.replaceAll('"', '""')}"`;

export const createPostgresListener = (options: ListenerOptions): PostgresListener => {
  const { connectionString, log, heartbeatMs = 5_000 } = options;
  const subscriptions = new Set<Subscription>();
  let connection: Promise<Client> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let retryMs = FIRST_RETRY_MS;
  let isStopped = false;

  /** A connection that hangs is cut, not asked to end. */
  const cut = (client: Client): void => {
    client.removeAllListeners();
    client.on("error", () => undefined); // of a connection that nobody uses any more
    client.end().catch((error: unknown) => {
      log.info({ error: messageOf(error) }, "a lost connection did not end by itself");
    });
  };
  const lost = (client: Client, why: string): void => {
    clearInterval(beats.get(client));
    if (!beats.delete(client)) return;
    cut(client);
    connection = undefined;
    if (isStopped) return;
    log.warn({ why }, "the connection that listens is lost");
    again();
  };
  const beats = new Map<Client, NodeJS.Timeout>();

  const connect = async (): Promise<Client> => {
    const client = new Client({
      connectionString,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      application_name: "tutti-listen",
    });
    client.on("error", (error) => lost(client, error.message));
    client.on("end", () => lost(client, "ended"));
    client.on("notification", ({ channel, payload = "" }) => {
      for (const one of subscriptions) if (one.channel === channel) one.onNotification(payload);
    });
    try {
      await client.connect();
      for (const { channel } of subscriptions) await client.query(`LISTEN ${quoted(channel)}`);
    } catch (error) {
      cut(client);
      throw error;
    }
    const beat = setInterval(() => {
      client.query("SELECT 1").catch((error: unknown) => lost(client, messageOf(error)));
    }, heartbeatMs);
    beats.set(client, beat);
    retryMs = FIRST_RETRY_MS;
    return client;
  };
  const connected = (): Promise<Client> => {
    connection ??= connect().catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  };
  const reconnect = async (): Promise<void> => {
    try {
      await connected();
      for (const { onReconnect } of subscriptions) onReconnect();
    } catch (error) {
      log.warn({ error: messageOf(error) }, "no connection to listen on");
      if (!isStopped) again();
    }
  };
  /** Tries again until it works, less and less often; with jitter, for there are many processes. */
  const again = (): void => {
    clearTimeout(retry);
    retry = setTimeout(() => void reconnect(), retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  };

  return {
    async listen(channel, onNotification, onReconnect) {
      const one = { channel, onNotification, onReconnect };
      subscriptions.add(one);
      try {
        const client = await connected();
        await client.query(`LISTEN ${quoted(channel)}`);
      } catch (error) {
        subscriptions.delete(one);
        throw error;
      }
      onReconnect();
      return {
        close: () => {
          subscriptions.delete(one);
          return Promise.resolve();
        },
      };
    },
    async stop() {
      isStopped = true;
      clearTimeout(retry);
      const clients = [...beats.keys()];
      for (const [client, beat] of beats) {
        clearInterval(beat);
        client.removeAllListeners("end");
      }
      beats.clear();
      subscriptions.clear();
      await Promise.all(clients.map((client) => client.end()));
    },
  };
};
