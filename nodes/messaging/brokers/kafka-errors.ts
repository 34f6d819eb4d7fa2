import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Target } from './broker.ts';
import { connectFailed, destinationUnknown, loginRefused, notTaken, refused, stopped, tooLarge } from './errors.ts';

/** An error of the client, which nests the errors of its attempts. */
interface ClientError {
  readonly message: string;
  /** The name of the error in the protocol of Kafka. */
  readonly apiId?: string;
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
  if (all.some(({ apiId, message }) => apiId === 'SASL_AUTHENTICATION_FAILED' || /SASL authentication failed/.test(message)))
    return loginRefused('password', cause);
  return connectFailed(servers[0]!, all.at(-1) ?? cause);
}

/** Returns the error for a refusal that the broker names; undefined if it says nothing of the message or destination. */
export function kafkaFailed(destination: string, cause: unknown): AppError | undefined {
  const all = allOf(cause);
  const own = all.find((error) => error instanceof AppError);
  if (own !== undefined) return own as AppError;
  const code = all.find(({ apiId }) => apiId !== undefined)?.apiId ?? '';
  if (/^Unknown topic/.test(all[0]?.message ?? '') || code === 'UNKNOWN_TOPIC_OR_PARTITION' || code === 'INVALID_TOPIC_EXCEPTION')
    return destinationUnknown(destination, 'absent', cause);
  if (code === 'MESSAGE_TOO_LARGE' || code === 'RECORD_LIST_TOO_LARGE') return tooLarge(cause);
  if (code.endsWith('_AUTHORIZATION_FAILED')) return refused(destination, code, cause);
  if (code === 'NOT_ENOUGH_REPLICAS' || code === 'POLICY_VIOLATION') return notTaken(code, cause);
  return undefined;
}
