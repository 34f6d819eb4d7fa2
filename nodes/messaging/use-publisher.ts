/** How nodes publish: all nodes that use an adapter share one connection, with a limited number of messages in flight. */
import { createHash } from 'node:crypto';
import type { Adapter } from '../../engine/contract/node/adapter.ts';
import type { NodeContext } from '../../engine/contract/node/node.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { namingPeer, peerOf, type Peer } from '../shared/at-peer.ts';
import type { Outgoing, Publisher, Target } from './brokers/broker.ts';
import { BROKERS } from './brokers.ts';
import { notConfirmed, stopped } from './brokers/errors.ts';
import type { MessagingSettings } from './settings.ts';
import { requireWithin, targetOf, type MessagingContext } from './target.ts';

/** Maximum number of steps that wait for their turn. If there are more, the broker is far too slow. */
const MAX_WAITING = 1000;

export type PublishContext = MessagingContext & Pick<NodeContext<unknown>, 'signal' | 'beforeFirstByte'>;

/**
 * Publishes a message and resolves when the broker has confirmed it. Rejects with the errors of `Publisher`, of
 * `openPublisher`, of `targetOf` and of `requireWithin`, with MESSAGING_BUSY (transient), and with MESSAGING_NOT_CONFIRMED
 * (unknown-outcome) at the call time-out of the adapter or when `ctx.signal` aborts.
 */
export async function publish(ctx: PublishContext, message: Outgoing): Promise<void> {
  const { line, namePrefix, peer } = await lineOf(ctx);
  requireWithin(namePrefix, message.destination);
  return namingPeer(peer, () => line.publish(message, ctx));
}

interface Opened {
  readonly publisher: Publisher;
  inFlight: number;
  /** Closed as soon as nothing is in flight. */
  isRetired: boolean;
}

interface LineOptions {
  readonly window: number;
  readonly idleCloseMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  open(): Promise<Publisher>;
}

/** The shared connection of one adapter. It is opened when needed and closed when idle. */
class PublishLine {
  readonly #options: LineOptions;
  #opening: Promise<Opened> | undefined;
  #current: Opened | undefined;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];
  #cancelIdle = () => {};

  constructor(options: LineOptions) {
    this.#options = options;
  }

  async publish(message: Outgoing, ctx: PublishContext): Promise<void> {
    if (this.#inFlight >= this.#options.window) await this.#turn(ctx.signal);
    else this.#inFlight += 1;
    this.#cancelIdle();
    try {
      const opened = await this.#usable();
      if (ctx.signal.aborted) throw stopped();
      ctx.beforeFirstByte();
      await this.#send(opened, message, ctx.signal);
    } finally {
      this.#passTurn();
    }
  }

  /** Opens no connection any more; the open one is closed when nothing is in flight. */
  retire(): void {
    this.#cancelIdle();
    const opening = this.#opening;
    this.#opening = undefined;
    void opening?.then(retire, () => undefined);
  }

  async #send(opened: Opened, message: Outgoing, signal: AbortSignal): Promise<void> {
    const { clock, timeoutMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const onAbort = () => late.reject(notConfirmed('stopped'));
    const cancelTimer = clock.after(timeoutMs, () => {
      late.reject(notConfirmed(`no confirm within ${timeoutMs} ms`));
      // The connection may be dead without a sign, so the next message goes over another one.
      if (this.#current === opened) this.retire();
    });
    signal.addEventListener('abort', onAbort, { once: true });
    opened.inFlight += 1;
    const done = opened.publisher.publish(message).finally(() => {
      opened.inFlight -= 1;
      closeIfDone(opened);
    });
    try {
      await Promise.race([done, late.promise]);
    } catch (error) {
      done.catch(() => undefined);
      throw error;
    } finally {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #usable(): Promise<Opened> {
    for (;;) {
      const opening = (this.#opening ??= this.#open());
      const opened = await opening;
      if (opened.publisher.isUsable) return opened;
      if (this.#opening === opening) this.retire();
    }
  }

  async #open(): Promise<Opened> {
    try {
      this.#current = { publisher: await this.#options.open(), inFlight: 0, isRetired: false };
      return this.#current;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Waits until another message is confirmed. Rejects with MESSAGING_BUSY or MESSAGING_STOPPED (transient). */
  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) throw busy();
    return new Promise((resolve, reject) => {
      const take = () => {
        end();
        resolve();
      };
      const giveUp = (error: AppError) => {
        end();
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(error);
      };
      const onAbort = () => giveUp(stopped());
      const cancelTimer = this.#options.clock.after(this.#options.timeoutMs, () => giveUp(busy()));
      const end = () => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(take);
      if (signal.aborted) onAbort();
    });
  }

  #passTurn(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next();
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#cancelIdle = this.#options.clock.after(this.#options.idleCloseMs, () => this.retire());
  }
}

function retire(opened: Opened): void {
  opened.isRetired = true;
  closeIfDone(opened);
}

function closeIfDone({ isRetired, inFlight, publisher }: Opened): void {
  if (isRetired && inFlight === 0) void publisher.close();
}

function busy(): AppError {
  return new AppError('MESSAGING_BUSY', 'transient', 'Too many messages wait for the confirm of this broker.', {
    fix: 'Wait, or raise the messages in flight of the adapter if the broker allows it.',
  });
}

interface Entry {
  readonly adapter: Adapter;
  /** Absent if the broker demands no login. */
  readonly credential: string | undefined;
  readonly key: string;
  readonly namePrefix: string | undefined;
  readonly peer: Peer;
  readonly line: PublishLine;
}

/** All nodes that use an adapter share its connection, so it belongs to the process. */
const lines = new Map<string, Entry>();

/** Returns the connection of the adapter. When its settings or credential have changed, the old one is closed. */
async function lineOf(ctx: MessagingContext): Promise<Entry> {
  const adapter = ctx.adapter!;
  const known = lines.get(adapter.adapterId);
  // Nothing of the adapter has changed since the last message.
  if (known?.adapter === adapter && (known.credential === undefined || known.credential === (await ctx.secret()))) return known;
  const { settings, target, credential } = await targetOf(ctx);
  const key = createHash('sha256')
    .update(JSON.stringify([settings, target.login, target.timeoutMs, target.connectTimeoutMs]))
    .digest('base64');
  const last = lines.get(adapter.adapterId);
  if (last?.key !== key) last?.line.retire();
  const line = last?.key === key ? last.line : newLine(ctx, settings, target);
  const entry = { adapter, credential, key, namePrefix: settings.namePrefix, peer: peerOf('MESSAGING', ...target.servers), line };
  lines.set(adapter.adapterId, entry);
  return entry;
}

function newLine({ clock }: MessagingContext, settings: MessagingSettings, target: Target): PublishLine {
  return new PublishLine({
    window: settings.window!,
    idleCloseMs: settings.idleCloseMs!,
    timeoutMs: target.timeoutMs,
    clock,
    open: async () => (await BROKERS[settings.broker].load()).openPublisher(target),
  });
}
