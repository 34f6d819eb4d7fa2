/**
 * Publishes and subscribes to hints. Subscriptions survive a lost connection, because each reconnect subscribes
 * again.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { translateRedisError } from './translate-redis-error.ts';

export interface RedisHintsOptions {
  readonly client: Redis;
  /**
   * A separate client for subscriptions, because a connection with subscriptions cannot send ordinary commands. It is
   * not connected yet.
   */
  readonly subscriber: Redis;
  /** Number of the database. It is part of the channel names, because channels belong to the whole server. */
  readonly db: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A subscriber may receive nothing for hours and would not notice a dead connection, so it sends pings. */
const PING_EVERY_MS = 3_000;

export function createRedisHints({ client, subscriber, db, clock, logger }: RedisHintsOptions) {
  const listeners = new Map<string, Set<(payload: string) => void>>();
  const prefix = `kq:${db}:hint:`;
  let cancelPing = () => {};

  subscriber.on('ready', () => {
    const channels = [...listeners.keys()];
    if (channels.length > 0) subscriber.subscribe(...channels).catch(() => subscriber.disconnect(true));
  });
  subscriber.on('message', (channel: string, payload: string) => {
    for (const listener of [...(listeners.get(channel) ?? [])]) tell(listener, payload);
  });

  function tell(listener: (payload: string) => void, payload: string): void {
    try {
      listener(payload);
    } catch (error) {
      logger.error('shared-state.listener-failed', error);
    }
  }

  function ping(): void {
    subscriber.ping().catch(() => undefined);
    cancelPing = clock.after(PING_EVERY_MS, ping);
  }

  async function listen(channel: string): Promise<void> {
    if (subscriber.status !== 'ready') return;
    // If this fails because the connection was lost, the next connection subscribes to all channels.
    await subscriber.subscribe(channel).catch((error: unknown) => logger.warn('shared-state.subscribe-failed', { reason: String(error) }));
  }

  return {
    async start(): Promise<void> {
      await subscriber.connect();
      cancelPing = clock.after(PING_EVERY_MS, ping);
    },
    publish: async (name, payload) => {
      await client.publish(prefix + name, payload).catch((error: unknown) => Promise.reject(translateRedisError(error)));
    },
    subscribe: async (name, listener) => {
      const channel = prefix + name;
      // Wrap the listener, so that a function that subscribes twice has two subscriptions.
      const own = (payload: string) => listener(payload);
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(own));
      await listen(channel);
      return () => {
        const others = listeners.get(channel);
        others?.delete(own);
        if (others?.size !== 0) return;
        listeners.delete(channel);
        if (subscriber.status === 'ready') subscriber.unsubscribe(channel).catch(() => undefined);
      };
    },
    close(): void {
      cancelPing();
      listeners.clear();
      subscriber.disconnect();
    },
  } satisfies Pick<SharedState, 'publish' | 'subscribe'> & { start(): Promise<void>; close(): void };
}
