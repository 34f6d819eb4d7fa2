export type QuotaPeriod = 'day' | 'month';

export interface PeriodBounds {
  readonly startsAt: number;
  readonly endsAt: number;
  /** `2026-11-29` or `2026-11` */
  readonly label: string;
}

const DAY_MS = 86_400_000;

/** Returns the day or month of a time in a time zone. */
export function startOfPeriod(now: number, period: QuotaPeriod, timeZone: string): PeriodBounds {
  const [year, month, day] = partsOf(now, timeZone);
  const first = period === 'day' ? day : 1;
  // `Date.UTC` carries a 13th month or a 32nd day over into the next one.
  const startsAt = midnight(Date.UTC(year, month - 1, first), timeZone);
  const endsAt = midnight(period === 'day' ? Date.UTC(year, month - 1, day + 1) : Date.UTC(year, month, 1), timeZone);
  return { startsAt, endsAt, label: new Date(Date.UTC(year, month - 1, first)).toISOString().slice(0, period === 'day' ? 10 : 7) };
}

/** Returns when the calendar day of `utcMidnight` begins in the zone. */
function midnight(utcMidnight: number, timeZone: string): number {
  // The offset at the guess may differ from the one at the result, where summer time begins or ends: correct it twice.
  let at = utcMidnight - offsetOf(utcMidnight, timeZone);
  at = utcMidnight - offsetOf(at, timeZone);
  return at;
}

function offsetOf(at: number, timeZone: string): number {
  const [year, month, day, hour, minute, second] = partsOf(at, timeZone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}

type Parts = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

function partsOf(at: number, timeZone: string): Parts {
  if (timeZone === 'Asia/Shanghai') {
    // UTC+8 without summer time since 1991; far cheaper than a formatter.
    const local = new Date(at + DAY_MS / 3);
    return [
      local.getUTCFullYear(),
      local.getUTCMonth() + 1,
      local.getUTCDate(),
      local.getUTCHours(),
      local.getUTCMinutes(),
      local.getUTCSeconds(),
    ];
  }
  const found = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const value = (type: string) => Number(found.find((part) => part.type === type)!.value);
  return [value('year'), value('month'), value('day'), value('hour'), value('minute'), value('second')];
}
