/** Opens what needs servers as soon as they answer: a process that starts before its database, or while that is away, waits for it. */
import { toErrorRecord } from '../../engine/contract/errors.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import type { Host } from './open-host.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

type Part = Parameters<Life['own']>;

/** What a person must mend (`input`), and what is our fault (`bug`), is thrown. Never resolves once the process stops. */
export async function openOnceUp<T>({ clock, log }: Pick<Host, 'clock' | 'log'>, life: Life, open: (life: Life) => Promise<T>): Promise<T> {
  const stopping = Promise.withResolvers<'stopped'>();
  let trying: Promise<unknown> = Promise.resolve();
  life.own('opening', async () => {
    stopping.resolve('stopped');
    await trying;
  });
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const attempt = tryOpen(open, () => life.end());
    trying = attempt;
    const result = await attempt;
    if ('opened' in result) {
      for (const part of result.parts) life.own(...part);
      return result.opened;
    }
    const { code, kind, message, fix } = toErrorRecord(result.error);
    if (kind !== 'transient') throw result.error;
    log.warn('store.waits', { code, message, fix, nextTryMs: pauseMs });
    const pause = new Promise<'again'>((resolve) => clock.after(pauseMs, () => resolve('again')));
    if ((await Promise.race([stopping.promise, pause])) === 'stopped') return new Promise<never>(() => undefined);
  }
}

type Attempt<T> = { readonly opened: T; readonly parts: readonly Part[] } | { readonly error: unknown };

/** What was opened before something failed is closed again. */
async function tryOpen<T>(open: (life: Life) => Promise<T>, end: () => void): Promise<Attempt<T>> {
  const parts: Part[] = [];
  try {
    return { opened: await open({ own: (...part) => void parts.push(part), end }), parts };
  } catch (error) {
    for (const [, stop] of parts.reverse()) await stop();
    return { error };
  }
}
