/** The errors of payloads that threads with limits do not finish. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { ThreadLimit } from '../../engine/threads/bounded-threads.ts';

/** Returns PARSE_BUSY (transient) or PARSE_TOO_COSTLY (input); an error of ours if the thread failed. */
export function payloadRefusal(limit: ThreadLimit, thread: string): Error {
  if (limit.fault === 'failed') return new Error(`the ${thread} failed`);
  if (limit.fault === 'busy') return payloadsBusy(limit);
  return new AppError('PARSE_TOO_COSTLY', 'input', 'The payload needs more CPU time or memory than its size allows.', {
    values: { problem: limit.fault },
    fix: 'Send it with fewer parts, or in several messages.',
  });
}

export function payloadsBusy({ retryAfterMs }: ThreadLimit): AppError {
  return new AppError('PARSE_BUSY', 'transient', 'Too many large payloads are waiting to be parsed.', {
    retryAfterMs,
    fix: 'Try again later.',
  });
}
