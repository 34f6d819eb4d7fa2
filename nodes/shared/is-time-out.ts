import { AppError } from '../../engine/contract/values/errors.ts';

/**
 * Returns true if the step was ended by the time-out of its node, which is that of its adapter by default, and not by a
 * cancel or the deadline of the flow.
 */
export function isTimeOut({ reason }: AbortSignal): boolean {
  return reason instanceof AppError && reason.code === 'NODE_TIMEOUT';
}
