/** What the answers of a RocketMQ proxy mean. Codes are those of `apache.rocketmq.v2.Code`. */
import type { AppError } from '../../../../engine/contract/values/errors.ts';
import { connectionLost, destinationUnknown, notConfirmed, notTaken, reasonOf, refused, tooLarge } from '../errors.ts';
import { StatusError } from './protocol.ts';

const TOO_LARGE = new Set([41_300, 41_301, 43_100, 43_101]);
const BUSY = 42_900;

/** Returns the error for a code that says the request was not carried out; undefined if that is not known. */
function refusalOf(destination: string, cause: unknown): AppError | undefined {
  if (!(cause instanceof StatusError)) return undefined;
  const { code } = cause.status;
  if (code >= 40_400 && code < 40_500) return destinationUnknown(destination, 'absent', cause);
  if (TOO_LARGE.has(code)) return tooLarge(cause);
  if (code === BUSY) return notTaken(`${code}`, cause);
  // 408xx: the request took too long. 5xxxx: the proxy or its broker failed, perhaps after it stored the message.
  if ((code >= 40_000 && code < 50_000 && code !== 40_800) || code === 50_100 || (code >= 50_500 && code < 50_600))
    return refused(destination, code, cause);
  return undefined;
}

/** The error of a message that was sent. */
export function sendFailed(destination: string, cause: unknown): AppError {
  return refusalOf(destination, cause) ?? notConfirmed(cause instanceof StatusError ? `${cause.status.code}` : reasonOf(cause), cause);
}

/** The error of a request that changes nothing, or that may be made again. */
export function requestFailed(destination: string, cause: unknown): AppError {
  return refusalOf(destination, cause) ?? connectionLost(cause);
}
