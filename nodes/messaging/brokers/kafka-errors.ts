import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Target } from './broker.ts';
import { connectFailed, destinationUnknown, loginRefused, notTaken, refused, stopped, tooLarge } from './errors.ts';

/** Error codes of the protocol of Kafka. */
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;
const LOGIN_FAILED = 58;
const TOO_LARGE = [10, 18];
const NOT_ALLOWED = [29, 30, 31];
/** Too few replicas, or a rule of the cluster. */
const NOT_STORED = [19, 44];

/** An error of the client, which nests the errors of its attempts. */
interface ClientError {
  readonly message: string;
  readonly apiCode?: number;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
}

/** Returns the error and all that it nests, the innermost last. */
function allOf(error: unknown): readonly ClientError[] {
  if (typeof error !== 'object' || error === null) return [];
  const { errors = [], cause } = error as ClientError;
  return [error as ClientError, ...[...errors, cause].flatMap(allOf)];
}

/** Returns the error for a failed connection or login. */
export function openFailed({ servers, signal }: Target, cause: unknown): AppError {
  if (signal?.aborted) return stopped();
  const all = allOf(cause);
  const own = all.find((error) => error instanceof AppError);
  if (own !== undefined) return own as AppError;
  if (all.some(({ apiCode, message }) => apiCode === LOGIN_FAILED || /SASL authentication failed/.test(message)))
    return loginRefused('password', cause);
  return connectFailed(servers[0]!, all.at(-1) ?? cause);
}

/** Returns the error code of the protocol; undefined if the error has none. */
export function apiCodeOf(cause: unknown): number | undefined {
  return allOf(cause).find(({ apiCode }) => apiCode !== undefined)?.apiCode;
}

/** Returns the error for a refusal that the broker names; undefined if it says nothing of the message or destination. */
export function kafkaFailed(destination: string, cause: unknown): AppError | undefined {
  const all = allOf(cause);
  const own = all.find((error) => error instanceof AppError);
  if (own !== undefined) return own as AppError;
  if (/^Unknown topic/.test(all[0]?.message ?? '')) return destinationUnknown(destination, 'absent', cause);
  const code = apiCodeOf(cause);
  if (code === undefined) return undefined;
  if (code === UNKNOWN_TOPIC || code === INVALID_TOPIC) return destinationUnknown(destination, 'absent', cause);
  if (TOO_LARGE.includes(code)) return tooLarge(cause);
  if (NOT_ALLOWED.includes(code)) return refused(destination, code, cause);
  if (NOT_STORED.includes(code)) return notTaken(`Kafka ${code}`, cause);
  return undefined;
}
