// One WebSocket of protocol v2: commands in; answers and events out, in one order. A subscription is answered
// first, then told what it missed, then what happens; runs go on when the socket closes.
import { randomUUID } from "node:crypto";
import { isSupportedChannel } from "@langchain/langgraph/stream";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import type { JsonObject } from "../../storage/index.ts";
import { isTooDeep } from "../http/read-body.ts";
import { Command, failure, ProtocolError, failureOf, success } from "./command.ts";
import { type CommandContext, runCommand } from "./commands.ts";
import { type Filter, frameJson, isWanted, type ProtocolFrame } from "./frame.ts";
import { threadFrames } from "./thread-frames.ts";

export interface Socket {
  /** Ends when the connection has taken the text: a slow reader slows this. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
}

const Subscribe = z.object({
  channels: z.array(z.string()),
  namespaces: z.array(z.array(z.string())).optional(),
  depth: z.int().min(0).optional(),
});
const Unsubscribe = z.object({ subscription_id: z.string() });

const MAX_SUBSCRIPTIONS = 100;
const TRY_AGAIN_LATER = 1013;

const filterOf = (params: unknown): Filter => {
  const parsed = Subscribe.safeParse(params ?? {});
  if (!parsed.success || parsed.data.channels.length === 0)
    throw new ProtocolError(
      "invalid_argument",
      "subscription.subscribe requires a non-empty channels array.",
    );
  if (!parsed.data.channels.every((channel) => isSupportedChannel(channel)))
    throw new ProtocolError(
      "invalid_argument",
      "subscription.subscribe received an unsupported channel.",
    );
  return parsed.data;
};

const commandIn = (text: string): Command | JsonObject => {
  let payload: unknown;
  if (isTooDeep(text))
    return failure(null, "invalid_argument", "Protocol commands must not nest so deeply.");
  try {
    payload = JSON.parse(text);
  } catch {
    return failure(null, "invalid_argument", "Protocol commands must be valid JSON.");
  }
  const command = Command.safeParse(payload);
  return command.success
    ? command.data
    : failure(
        null,
        "invalid_argument",
        "Protocol commands must include an integer id and string method.",
      );
};

const isCommand = (value: Command | JsonObject): value is Command => "method" in value;

export class SocketSession {
  private readonly context: CommandContext;
  private readonly socket: Socket;
  private readonly stop = new AbortController();
  private readonly subscriptions = new Map<string, Filter>();
  /** The number of the last event that was looked at; undefined before the first subscription. */
  private position: number | undefined;
  /** What is being sent: everything waits for its turn. */
  private turn: Promise<void> = Promise.resolve();

  constructor(context: CommandContext, socket: Socket) {
    this.context = context;
    this.socket = socket;
  }

  /** Never rejects. Commands are begun as they come, and answered as they are done. */
  async receive(text: string): Promise<void> {
    const command = commandIn(text);
    if (!isCommand(command)) return this.inTurn(() => this.answer(command));
    switch (command.method) {
      case "subscription.subscribe":
        return this.subscribe(command);
      case "subscription.unsubscribe":
        return this.unsubscribe(command);
      default: {
        const answer = await runCommand(this.context, command);
        return this.inTurn(() => this.answer(answer));
      }
    }
  }

  close(): void {
    this.stop.abort();
  }

  private async answer(answer: JsonObject): Promise<void> {
    await this.socket.send(JSON.stringify(answer));
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn
      .then(() => (this.stop.signal.aborted ? undefined : work()))
      .catch((error: unknown) => this.fail(error));
    return this.turn;
  }

  private fail(error: unknown): void {
    if (this.stop.signal.aborted) return;
    this.context.call.platform.logger.error({ err: error }, "a socket was closed: it failed");
    this.close();
    this.socket.close(TRY_AGAIN_LATER, messageOf(new Error("the server failed; connect again")));
  }

  private async send(frame: ProtocolFrame): Promise<void> {
    await this.socket.send(frameJson(frame, this.context.call.platform.clock.now()));
  }

  private frames(signal: AbortSignal, scope: Parameters<typeof threadFrames>[1]) {
    return threadFrames(this.context.call.platform, scope, this.context.threadId, signal);
  }

  private async subscribe({ id, params }: Command): Promise<void> {
    try {
      const filter = filterOf(params);
      if (this.subscriptions.size >= MAX_SUBSCRIPTIONS)
        throw new ProtocolError("invalid_argument", "too many subscriptions on one connection");
      const { call, threadId } = this.context;
      const { scope } = await call.authorize("threads", "read", { thread_id: threadId });
      const subscription = randomUUID();
      await this.inTurn(async () => {
        // The first subscription starts the stream at its beginning; later ones are told what they missed.
        const upTo = this.position ?? 0;
        const count = await this.countMissed(filter, upTo, scope);
        const answer = { subscription_id: subscription, replayed_events: count };
        await this.answer(success(id, threadId, answer));
        if (count > 0)
          for await (const frame of this.missed(filter, upTo, scope)) await this.send(frame);
        this.subscriptions.set(subscription, filter);
        if (this.position !== undefined) return;
        this.position = 0;
        void this.pump(scope);
      });
    } catch (error) {
      await this.inTurn(() => this.answer(failureOf(id, error)));
    }
  }

  private async countMissed(...of: Parameters<SocketSession["missed"]>): Promise<number> {
    let count = 0;
    const frames = this.missed(...of);
    while ((await frames.next()).done !== true) count += 1;
    return count;
  }

  private async unsubscribe({ id, params }: Command): Promise<void> {
    const parsed = Unsubscribe.safeParse(params ?? {});
    const name = parsed.success ? parsed.data.subscription_id : undefined;
    const answer =
      name === undefined
        ? failure(id, "invalid_argument", "subscription.unsubscribe requires a subscription_id.")
        : this.subscriptions.delete(name)
          ? success(id, this.context.threadId, {})
          : failure(id, "no_such_subscription", `Unknown subscription: ${name}`);
    await this.inTurn(() => this.answer(answer));
  }

  /** What happened before the subscription, up to where the others are. */
  private async *missed(
    filter: Filter,
    upTo: number,
    scope: Parameters<typeof threadFrames>[1],
  ): AsyncGenerator<ProtocolFrame> {
    if (upTo === 0) return;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.stop.signal]);
    for await (const frame of this.frames(signal, scope)) {
      if (frame.seq <= upTo && isWanted(frame, filter)) yield frame;
      if (frame.seq >= upTo) break;
    }
    stop.abort();
  }

  private async pump(scope: Parameters<typeof threadFrames>[1]): Promise<void> {
    try {
      for await (const frame of this.frames(this.stop.signal, scope))
        await this.inTurn(async () => {
          this.position = frame.seq;
          const isWantedHere = [...this.subscriptions.values()].some((filter) =>
            isWanted(frame, filter),
          );
          if (isWantedHere) await this.send(frame);
        });
    } catch (error) {
      this.fail(error);
    }
  }
}
