/** Formats how long ago a time was, or how soon it will be, in a single unit. */
import type { Language } from './text-pairs.ts';

const SECOND_MS = 1000;
/** Times shorter than this are shown as "just now". */
const JUST_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Formats a time relative to now. `passedMs` is that time minus now, in milliseconds, so it is negative for the past.
 */
export function ago(passedMs: number, language: Language): string {
  const size = Math.abs(passedMs);
  if (size < JUST_MS) return language === 'zh-CN' ? '刚刚' : 'just now';
  if (size < MINUTE_MS) return seconds(Math.trunc(passedMs / SECOND_MS), language);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (size < HOUR_MS) return spaced(relative.format(Math.trunc(passedMs / MINUTE_MS), 'minute'));
  if (size < DAY_MS) return spaced(relative.format(Math.trunc(passedMs / HOUR_MS), 'hour'));
  return spaced(relative.format(Math.trunc(passedMs / DAY_MS), 'day'));
}

/** Formats seconds. The browser's Chinese formatter would write 30秒钟前, which is unusual. */
function seconds(count: number, language: Language): string {
  if (language === 'zh-CN') return `${Math.abs(count)} 秒${count < 0 ? '前' : '后'}`;
  return new Intl.RelativeTimeFormat(language).format(count, 'second');
}

/** Adds the space between a number and its Chinese unit, because the browser writes them without a space. */
function spaced(words: string): string {
  return words.replace(/(\d)(?=\p{Script=Han})/gu, '$1 ');
}
