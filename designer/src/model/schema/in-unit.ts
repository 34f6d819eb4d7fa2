/** Formats sizes, durations and times for display. No side effects. */

/** Formats numbers that have a unit. */
export interface Units {
  number(value: number): string;
  time(epochMs: number): string;
  duration(ms: number): string;
  size(bytes: number): string;
}

/** Returns the unit that the name of a field implies: `timeoutMs` is in milliseconds, `expiresAt` is a time. */
export function unitOf(name: string | undefined): string | undefined {
  const [, unit = ''] = /(Ms|Sec|Bytes|At)$/.exec(name ?? '') ?? [];
  return { Ms: 'duration-ms', Sec: 'duration-sec', Bytes: 'size-bytes', At: 'moment' }[unit];
}

export function inUnit(value: number, unit: string | undefined, format: Units): string {
  switch (unit) {
    case 'moment':
      return format.time(value);
    case 'duration-ms':
      return format.duration(value);
    case 'duration-sec':
      return format.duration(value * 1000);
    case 'size-bytes':
      return format.size(value);
    default:
      return format.number(value);
  }
}
