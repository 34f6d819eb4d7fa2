/** Formats a duration for people. Pure. */
import type { Language } from './text-pairs.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Formats a duration with at most two units. Rounds before splitting the number, so that 59.99 s become 1 min 0 s
 * instead of 60.0 s.
 */
export function duration(exact: number, language: Language): string {
  const units = language === 'zh-CN' ? { s: ' 秒', min: ' 分', h: ' 小时', d: ' 天' } : { s: ' s', min: ' min', h: ' h', d: ' d' };
  if (Math.round(exact) < SECOND_MS) return `${Math.round(exact)} ms`;
  const ms = rounded(exact);
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)}${units.s}`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)}${units.min} ${Math.round((ms % MINUTE_MS) / SECOND_MS)}${units.s}`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)}${units.h} ${Math.round((ms % HOUR_MS) / MINUTE_MS)}${units.min}`;
  return `${Math.floor(ms / DAY_MS)}${units.d} ${Math.round((ms % DAY_MS) / HOUR_MS)}${units.h}`;
}

/** Rounds to the displayed precision: a tenth of a second, a second, a minute or an hour. */
function rounded(ms: number): number {
  for (const [below, unit] of [
    [MINUTE_MS, SECOND_MS / 10],
    [HOUR_MS, SECOND_MS],
    [DAY_MS, MINUTE_MS],
  ] as const) {
    const near = Math.round(ms / unit) * unit;
    if (near < below) return near;
  }
  return Math.round(ms / HOUR_MS) * HOUR_MS;
}
