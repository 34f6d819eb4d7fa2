/** Numbers, times, durations and sizes as people read them. */
import dayjs from 'dayjs';
import { useMemo } from 'react';
import { duration } from './duration.ts';
import { useLanguage, type Language } from './texts.ts';

const SECOND_MS = 1000;
/** Times that near are not told apart. */
const JUST_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface Format {
  /** 12,345 */
  number(value: number): string;
  /** 98.7% */
  percent(share: number): string;
  /** Local time to the second. */
  time(epochMs: number): string;
  /** Local time to the millisecond, with its zone. */
  exactTime(epochMs: number): string;
  /** Local day. */
  day(epochMs: number): string;
  /** 12 ms, 3.2 s, 4 min 10 s */
  duration(ms: number): string;
  /** 3 分钟前 / 3 minutes ago */
  ago(epochMs: number, now?: number): string;
  /** 12 KB */
  size(bytes: number): string;
  /** 甲、乙 / A, B */
  list(items: readonly string[]): string;
}

export function createFormat(language: Language): Format {
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return {
    number: (value) => numbers.format(value),
    percent: (share) => percents.format(share),
    time: (epochMs) => dayjs(epochMs).format('YYYY-MM-DD HH:mm:ss'),
    exactTime: (epochMs) => dayjs(epochMs).format('YYYY-MM-DD HH:mm:ss.SSS [UTC]Z'),
    day: (epochMs) => dayjs(epochMs).format('YYYY-MM-DD'),
    duration: (ms) => duration(ms, language),
    ago: (epochMs, now = Date.now()) => {
      const passed = epochMs - now;
      const size = Math.abs(passed);
      if (size < JUST_MS) return language === 'zh-CN' ? '刚刚' : 'just now';
      if (size < MINUTE_MS) return seconds(Math.trunc(passed / SECOND_MS), language);
      if (size < HOUR_MS) return relative.format(Math.trunc(passed / MINUTE_MS), 'minute');
      if (size < DAY_MS) return relative.format(Math.trunc(passed / HOUR_MS), 'hour');
      return relative.format(Math.trunc(passed / DAY_MS), 'day');
    },
    size: (bytes) =>
      bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`,
    list: (items) => items.join(language === 'zh-CN' ? '、' : ', '),
  };
}

/** In Chinese the formatter of the browser says 30秒钟前, which nobody does. */
function seconds(count: number, language: Language): string {
  if (language === 'zh-CN') return `${Math.abs(count)} 秒${count < 0 ? '前' : '后'}`;
  return new Intl.RelativeTimeFormat(language).format(count, 'second');
}

export function useFormat(): Format {
  const language = useLanguage();
  return useMemo(() => createFormat(language), [language]);
}
