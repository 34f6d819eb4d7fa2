/** Formats numbers, times, durations and sizes for people. */
import dayjs from 'dayjs';
import { useMemo } from 'react';
import { ago } from './ago.ts';
import { duration } from './duration.ts';
import { useLanguage, type Language } from './texts.ts';

export interface Format {
  /** Formats a number, for example 12,345. */
  number(value: number): string;
  /** Formats a fraction of 1 as a percentage, for example 98.7%. */
  percent(share: number): string;
  /** Formats a local time to the second. */
  time(epochMs: number): string;
  /** Formats a local time to the millisecond, with its zone. */
  exactTime(epochMs: number): string;
  /** Formats a local date. */
  day(epochMs: number): string;
  /** Formats a duration, for example 12 ms, 3.2 s or 4 min 10 s. */
  duration(ms: number): string;
  /** Formats how long ago a time was, for example 3 分钟前 / 3 minutes ago. */
  ago(epochMs: number, now?: number): string;
  /** Formats a size, for example 12 KB. */
  size(bytes: number): string;
  /** Joins items, for example 甲、乙 / A, B. */
  list(items: readonly string[]): string;
}

export function createFormat(language: Language): Format {
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 });
  return {
    number: (value) => numbers.format(value),
    percent: (share) => percents.format(share),
    time: (epochMs) => dayjs(epochMs).format('YYYY-MM-DD HH:mm:ss'),
    exactTime: (epochMs) => dayjs(epochMs).format('YYYY-MM-DD HH:mm:ss.SSS [UTC]Z'),
    day: (epochMs) => dayjs(epochMs).format('YYYY-MM-DD'),
    duration: (ms) => duration(ms, language),
    ago: (epochMs, now = Date.now()) => ago(epochMs - now, language),
    size: (bytes) =>
      bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`,
    list: (items) => items.join(language === 'zh-CN' ? '、' : ', '),
  };
}

export function useFormat(): Format {
  const language = useLanguage();
  return useMemo(() => createFormat(language), [language]);
}
