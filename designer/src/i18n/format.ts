/** Formats numbers, times, durations and sizes for people. */
import dayjs from 'dayjs';
import { useMemo } from 'react';
import { ago } from './ago.ts';
import { duration } from './duration.ts';
import { useLanguage, type Language } from './texts.ts';

export interface Format {
  /** For example 12,345. */
  number(value: number): string;
  /** For example 98.7%. */
  percent(share: number): string;
  /** The local time to the second. */
  time(epochMs: number): string;
  /** The local time to the millisecond, with its zone. */
  exactTime(epochMs: number): string;
  /** The local date. */
  day(epochMs: number): string;
  /** For example 12 ms, 3.2 s or 4 min 10 s. */
  duration(ms: number): string;
  /** For example 3 分钟前 / 3 minutes ago. */
  ago(epochMs: number, now?: number): string;
  /** For example 12 KB. */
  size(bytes: number): string;
  /** For example 甲、乙 / A, B. */
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
