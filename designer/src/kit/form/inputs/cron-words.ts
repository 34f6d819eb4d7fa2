/** Common schedules and their cron expressions, and the next runs of a schedule. Pure. */
import { Cron } from 'croner';

export type EverydayKind = 'minutes' | 'hourly' | 'daily' | 'weekdays' | 'weekly' | 'monthly';

export interface Everyday {
  readonly kind: EverydayKind;
  /** Number of minutes between two runs, if `kind` is `minutes`. */
  readonly every: number;
  readonly hour: number;
  readonly minute: number;
  /** The day of the week; 0 is Sunday. */
  readonly weekday: number;
  readonly day: number;
}

export const EVERYDAY_START: Everyday = { kind: 'daily', every: 5, hour: 2, minute: 30, weekday: 1, day: 1 };

export function cronOf({ kind, every, hour, minute, weekday, day }: Everyday): string {
  switch (kind) {
    case 'minutes':
      return `*/${every} * * * *`;
    case 'hourly':
      return `${minute} * * * *`;
    case 'daily':
      return `${minute} ${hour} * * *`;
    case 'weekdays':
      return `${minute} ${hour} * * 1-5`;
    case 'weekly':
      return `${minute} ${hour} * * ${weekday}`;
    case 'monthly':
      return `${minute} ${hour} ${day} * *`;
  }
}

/** Returns the common schedule that a cron expression means; undefined if it means none. */
export function everydayOf(cron: string): Everyday | undefined {
  const fields = cron.trim().split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5 || month !== '*') return undefined;
  const start = EVERYDAY_START;
  const every = /^\*\/(\d{1,2})$/.exec(minute)?.[1];
  if (every !== undefined)
    return hour === '*' && day === '*' && weekday === '*' ? { ...start, kind: 'minutes', every: Number(every) } : undefined;
  if (!isNumber(minute)) return undefined;
  if (hour === '*') return day === '*' && weekday === '*' ? { ...start, kind: 'hourly', minute: Number(minute) } : undefined;
  if (!isNumber(hour)) return undefined;
  const at = { ...start, minute: Number(minute), hour: Number(hour) };
  if (isNumber(day)) return weekday === '*' ? { ...at, kind: 'monthly', day: Number(day) } : undefined;
  if (day !== '*') return undefined;
  if (weekday === '*') return { ...at, kind: 'daily' };
  if (weekday === '1-5' || weekday.toUpperCase() === 'MON-FRI') return { ...at, kind: 'weekdays' };
  return isNumber(weekday) && Number(weekday) <= 6 ? { ...at, kind: 'weekly', weekday: Number(weekday) } : undefined;
}

/** Returns the next runs after `from`; undefined if the expression or the zone is invalid. */
export function nextRuns(cron: string, timeZone: string, count: number, from: Date): readonly Date[] | undefined {
  try {
    return new Cron(cron, { timezone: timeZone, mode: '5-or-6-parts' }).nextRuns(count, from);
  } catch {
    return undefined;
  }
}

function isNumber(text: string): boolean {
  return /^\d{1,2}$/.test(text);
}
