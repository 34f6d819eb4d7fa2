/** Live events for open pages (SSE): counts each second, published flows, plan numbers. Ids and numbers only, never data. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { Logger } from '../../engine/contract/observe.ts';

export interface EventHub {
  /** EVENTS_FULL when there is no room for one more. */
  requireRoom(): void;
  /** Writes to this response until it closes, its session ends or the hub does. */
  add(response: ServerResponse, isAllowed: () => Promise<boolean>): void;
  send(event: string, data: Readonly<Record<string, unknown>>): void;
  stop(): void;
}

export interface EventHubDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Read once a second for everybody, and only while somebody looks. */
  counts(): Promise<Readonly<Record<string, unknown>>>;
}

const MOST_LISTENERS = 200;
const TICK_MS = 1000;
/** A logged-out page stops seeing events within this time. */
const CHECK_TICKS = 5;
/** A page that reads slower than this is dropped; it comes back by itself. */
const MOST_BUFFERED_BYTES = 256 * 1024;

export function createEventHub({ clock, logger, counts }: EventHubDeps): EventHub {
  const listeners = new Map<ServerResponse, () => Promise<boolean>>();
  let cancel: (() => void) | undefined;
  let ticks = 0;

  function write(response: ServerResponse, text: string): void {
    if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
    else response.write(text);
  }

  function send(event: string, data: Readonly<Record<string, unknown>>): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const response of listeners.keys()) write(response, text);
  }

  async function tick(): Promise<void> {
    ticks += 1;
    if (ticks % CHECK_TICKS === 0) await dropEnded();
    if (listeners.size > 0) send('counts', await counts());
  }

  function end(response: ServerResponse): void {
    listeners.delete(response);
    response.end();
  }

  async function dropEnded(): Promise<void> {
    for (const [response, isAllowed] of listeners) if (!(await isAllowed())) end(response);
  }

  function schedule(): void {
    if (cancel !== undefined || listeners.size === 0) return;
    cancel = clock.after(TICK_MS, () => {
      tick()
        .catch((error: unknown) => logger.error('events.counts', error))
        .finally(() => {
          cancel = undefined;
          schedule();
        });
    });
  }

  return {
    requireRoom() {
      if (listeners.size >= MOST_LISTENERS)
        throw new AppError('EVENTS_FULL', 'transient', 'Too many pages listen already.', { fix: 'Close some.', retryAfterMs: 10_000 });
    },
    add(response, isAllowed) {
      listeners.set(response, isAllowed);
      response.once('close', () => listeners.delete(response));
      response.write('retry: 2000\n\n');
      schedule();
    },
    send,
    stop() {
      cancel?.();
      for (const response of listeners.keys()) end(response);
    },
  };
}
