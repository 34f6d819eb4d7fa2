const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY_MS = 86_400_000;

/**
 * Returns the time of a listing (`Nov 30 02:49`, `Nov 30 2025`, `11-30-26 02:49AM`) in epoch milliseconds; undefined if
 * it is in another form. Listings name no time zone, so it is good for an order only.
 */
export function parseListedTime(text: string, nowMs: number): number | undefined {
  const unix = /^(\w{3})\s+(\d{1,2})\s+(?:(\d{1,2}):(\d{2})|(\d{4}))$/.exec(text.trim());
  if (unix !== null) {
    const month = MONTHS.indexOf(unix[1]!.toLowerCase());
    if (month < 0) return undefined;
    const [day, hour = 0, minute = 0] = [unix[2], unix[3], unix[4]].map(Number);
    if (unix[5] !== undefined) return Date.UTC(Number(unix[5]), month, day);
    const thisYear = Date.UTC(new Date(nowMs).getUTCFullYear(), month, day, hour, minute);
    // Without a year, it is the last time that this day was.
    return thisYear > nowMs + DAY_MS ? Date.UTC(new Date(nowMs).getUTCFullYear() - 1, month, day, hour, minute) : thisYear;
  }
  const dos = /^(\d{2})-(\d{2})-(\d{2}|\d{4})\s+(\d{2}):(\d{2})(AM|PM)?$/i.exec(text.trim());
  if (dos === null) return undefined;
  const [month, day, year, hour, minute] = dos.slice(1, 6).map(Number) as [number, number, number, number, number];
  const isPm = dos[6]?.toUpperCase() === 'PM';
  const fullHour = dos[6] === undefined ? hour : (hour % 12) + (isPm ? 12 : 0);
  return Date.UTC(year < 100 ? 2000 + year : year, month - 1, day, fullHour, minute);
}
