import type { RateState } from './rate-limiter.ts';

/** Headers that tell a caller its limit (draft-ietf-httpapi-ratelimit-headers). */
export function rateHeaders(
  name: string,
  { limit, remaining, resetMs }: Omit<RateState, 'waitMs'>,
  periodMs: number,
): Record<string, string> {
  const resetSec = String(Math.ceil(resetMs / 1_000));
  return {
    'ratelimit-policy': `"${name}";q=${limit};w=${Math.max(1, Math.round(periodMs / 1_000))}`,
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': resetSec,
  };
}
