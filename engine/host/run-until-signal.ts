import type { EventEmitter } from 'node:events';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import { tuneMemory } from './tune-memory.ts';

/** The started parts, in order. They are stopped in reverse order. */
export interface Life {
  /** Registers a part and its stop function. A part added while stopping is stopped at once. */
  own(name: string, stop: () => Promise<void> | void): void;
  /** Ends the process as a signal would, for example after a fatal error of a part. */
  end(): void;
  /** Aborted as soon as the process should end, so that a start in progress stops. */
  readonly signal: AbortSignal;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The time limit for stopping all parts together. */
  readonly drainMs?: number;
  /** The process that receives the signals and is ended. A test passes its own. */
  readonly process?: Pick<EventEmitter, 'on' | 'off'> & { exit(code: number): void };
}

/**
 * Exit codes: 0 stopped as requested · 1 could not start, or a part did not stop in time · 70 crashed · 130 second
 * signal.
 */
const EXIT = { stopped: 0, failed: 1, crashed: 70, interrupted: 130 } as const;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/**
 * The part of the stop time that a start in progress may take. The rest is needed to stop the parts that it has opened.
 */
const START_SHARE = 0.5;
/** The time each part gets even when the total time is used up: enough to close a file, not to drain. */
const LAST_MOMENT_MS = 200;

/**
 * Starts the parts, waits for SIGINT or SIGTERM, stops the parts in reverse order, and returns the exit code. Rejects
 * if the start fails. A second signal exits at once. An unhandled rejection or exception is logged and ends the
 * process, because its state can no longer be trusted.
 */
export async function runUntilSignal(start: (life: Life) => Promise<void>, options: RunOptions): Promise<number> {
  tuneMemory();
  const { logger, process: host = process, drainMs = 5000 } = options;
  const parts: Part[] = [];
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
  const end = () => ending.abort();
  const onSignal = (signal: string) => {
    if (ending.signal.aborted) return host.exit(EXIT.interrupted);
    logger.info('process.stopping', { signal });
    end();
  };
  const onCrash = (error: unknown) => {
    logger.error('process.crashed', error);
    host.exit(EXIT.crashed);
  };
  // Timers of the clock do not keep the process alive. This timer does, until the process should end. The process may
  // have nothing else open, for example while it waits for its servers.
  const alive = setInterval(() => undefined, 2 ** 30);
  for (const signal of SIGNALS) host.on(signal, onSignal);
  for (const event of ['unhandledRejection', 'uncaughtException']) host.on(event, onCrash);
  try {
    const started = start({ own: (name, stop) => void parts.push({ name, stop }), end, signal: ending.signal });
    await Promise.race([started.then(() => ended), ended]);
    // Parts are not stopped while the start still uses them. An error of the start no longer matters.
    parts.push({ name: 'start', stop: () => started.catch(() => undefined), limitMs: drainMs * START_SHARE });
    return (await stopAll(parts, options)) ? EXIT.stopped : EXIT.failed;
  } catch (error) {
    logger.error('process.start-failed', error);
    await stopAll(parts, options);
    throw error;
  } finally {
    clearInterval(alive);
    for (const signal of SIGNALS) host.off(signal, onSignal);
    for (const event of ['unhandledRejection', 'uncaughtException']) host.off(event, onCrash);
  }
}

interface Part {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
  /** The time limit for stopping the part; if absent, all the time that is left. */
  readonly limitMs?: number;
}

/** Stops all parts. Returns true if every part stopped in time and without an error. */
async function stopAll(parts: Part[], { clock, logger, drainMs = 5000 }: RunOptions): Promise<boolean> {
  const untilMs = clock.monotonic() + drainMs;
  let isClean = true;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { name, stop, limitMs = untilMs - clock.monotonic() } = part;
    try {
      await within((async () => stop())(), Math.max(LAST_MOMENT_MS, limitMs), name, clock);
    } catch (error) {
      isClean = false;
      logger.error('process.stop-failed', error, { part: name });
    }
  }
  return isClean;
}

async function within(work: Promise<void>, limitMs: number, name: string, clock: Clock): Promise<void> {
  let cancel = () => {};
  const tooLate = new Promise<never>((_, reject) => {
    cancel = clock.after(limitMs, () =>
      reject(
        new AppError('STOP_TIMEOUT', 'bug', `${name} did not stop in time.`, { values: { part: name, limitMs: Math.round(limitMs) } }),
      ),
    );
  });
  try {
    await Promise.race([work, tooLate]);
  } finally {
    cancel();
  }
}
