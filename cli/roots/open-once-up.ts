/**
 * Opens parts that need servers as soon as the servers respond. A process that starts before its database, or while the
 * database is down, waits for it.
 */
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import type { Host } from './open-host.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

type Part = Parameters<Life['own']>;

/**
 * Calls `open` until it succeeds and returns its result. Rethrows errors that a person must fix (`input`) and errors of
 * the product itself (`bug`). Rejects when the process should end.
 */
export async function openOnceUp<T>({ clock, log }: Pick<Host, 'clock' | 'log'>, life: Life, open: (life: Life) => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const result = await tryOpen(open, life);
    if ('opened' in result) {
      for (const part of result.parts) life.own(...part);
      return result.opened;
    }
    const { code, kind, message, fix } = toErrorRecord(result.error);
    if (kind !== 'transient') throw result.error;
    log.warn('store.waits', { code, message, fix, nextTryMs: pauseMs });
    await pause(pauseMs, clock, life.signal);
  }
}

function pause(ms: number, clock: Host['clock'], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}

type Attempt<T> = { readonly opened: T; readonly parts: readonly Part[] } | { readonly error: unknown };

/** Calls `open` once. If it fails, closes the parts that were already opened. */
async function tryOpen<T>(open: (life: Life) => Promise<T>, { end, signal }: Life): Promise<Attempt<T>> {
  const parts: Part[] = [];
  try {
    return { opened: await open({ own: (...part) => void parts.push(part), end, signal }), parts };
  } catch (error) {
    for (const [, stop] of parts.reverse()) await stop();
    return { error };
  }
}
