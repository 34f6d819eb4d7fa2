import { AppError } from '../../engine/contract/values/errors.ts';

/**
 * True if the time-out of the node ended its step, and nobody stopped it. Without a time-out of its own, a node has that
 * of its adapter, so this often comes first.
 */
export function isTimeOut({ reason }: AbortSignal): boolean {
  return reason instanceof AppError && reason.code === 'NODE_TIMEOUT';
}
