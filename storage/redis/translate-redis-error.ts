import { AppError } from '../../engine/contract/values/errors.ts';

/**
 * Translates an error of the driver to SHARED_STATE_FULL if Redis has no memory left, otherwise to SHARED_STATE_DOWN.
 */
export function translateRedisError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return error instanceof Error && error.message.startsWith('OOM') ? redisFull(error) : sharedStateDown(error);
}

/** Returns SHARED_STATE_DOWN. `hint` names another possible cause. */
export function sharedStateDown(cause: unknown, hint = ''): AppError {
  return new AppError('SHARED_STATE_DOWN', 'transient', 'The shared state (Redis) does not respond.', {
    fix: `Check Redis and the network connection to it; work continues automatically. ${hint}`.trimEnd(),
    cause,
    retryAfterMs: 1000,
  });
}

export function claimsForgotten(): AppError {
  return new AppError(
    'CLAIMS_FORGOTTEN',
    'transient',
    'The shared state (Redis) was emptied a moment ago, so earlier claims are not known.',
    {
      fix: 'Try again in a minute. Run Redis with appendonly yes.',
      retryAfterMs: 60_000,
    },
  );
}

export function redisFull(cause?: unknown): AppError {
  return new AppError('SHARED_STATE_FULL', 'transient', 'The shared state (Redis) is full.', {
    fix: 'Reduce the traffic or the signature window, or raise maxmemory.',
    retryAfterMs: 1000,
    ...(cause === undefined ? {} : { cause }),
  });
}
