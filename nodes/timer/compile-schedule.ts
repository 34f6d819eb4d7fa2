/**
 * Computes the planned instants of a timer as a pure function of time. So every process plans the same instants, also
 * after a restart.
 */
import { Cron } from 'croner';
import { AppError } from '../../engine/contract/values/errors.ts';

/** All instants are epoch milliseconds. */
export interface Schedule {
  /** Returns the first instant after `afterMs`; undefined if there are no more. */
  next(afterMs: number): number | undefined;
  /** Returns the last instant in (`afterMs`, `untilMs`]; undefined if there is none. */
  latest(afterMs: number, untilMs: number): number | undefined;
}

/** Compiles a schedule. Throws TIMER_CRON or TIMER_ZONE (input) if the text cannot be read. */
export function compileSchedule(config: { readonly cron?: string; readonly everySec?: number; readonly timeZone: string }): Schedule {
  return config.cron === undefined ? everyInterval((config.everySec ?? 1) * 1000) : byCron(config.cron, config.timeZone);
}

/** Plans an instant at every multiple of the interval since the epoch. */
function everyInterval(everyMs: number): Schedule {
  return {
    next: (afterMs) => (Math.floor(afterMs / everyMs) + 1) * everyMs,
    latest(afterMs, untilMs) {
      const instantMs = Math.floor(untilMs / everyMs) * everyMs;
      return instantMs > afterMs ? instantMs : undefined;
    },
  };
}

function byCron(pattern: string, timeZone: string): Schedule {
  const cron = readCron(pattern, timeZone);
  return {
    next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime(),
    latest(afterMs, untilMs) {
      // croner plans in whole seconds and returns only instants before the given time. Adding a second includes an
      // instant that equals `untilMs`.
      const [instant] = cron.previousRuns(1, new Date(Math.floor(untilMs / 1000) * 1000 + 1000));
      return instant !== undefined && instant.getTime() > afterMs && instant.getTime() <= untilMs ? instant.getTime() : undefined;
    },
  };
}

function readCron(pattern: string, timezone: string): Cron {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw new AppError('TIMER_ZONE', 'input', 'This time zone does not exist.', { cause, fix: 'Use an IANA name such as Asia/Shanghai.' });
  }
  try {
    return new Cron(pattern, { timezone, mode: '5-or-6-parts' });
  } catch (cause) {
    throw new AppError('TIMER_CRON', 'input', 'The cron expression cannot be read.', { cause, fix: 'Write for example 30 7 * * MON-FRI.' });
  }
}
