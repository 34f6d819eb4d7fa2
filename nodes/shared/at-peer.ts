import { AppError } from '../../engine/contract/values/errors.ts';

/** Values that name the other system already. */
const NAMES = ['peer', 'host', 'target'];

/** `host:port` of one or several servers, as errors name them. */
export function peerName(...servers: readonly { readonly host: string; readonly port: number | undefined }[]): string {
  return servers.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`)).join(', ');
}

/**
 * Names the other system in an error that says nothing of where it happened. What the sender must correct stays as it is,
 * because it concerns the message and not the place; only a refused login does not.
 */
export function atPeer(error: unknown, peer: string): unknown {
  if (!(error instanceof AppError) || NAMES.some((name) => Object.hasOwn(error.values, name))) return error;
  if (error.kind === 'bug' || (error.kind === 'input' && !error.code.endsWith('_LOGIN_REFUSED'))) return error;
  const { code, kind, message, values, fix, retryAfterMs, cause } = error;
  return new AppError(code, kind, `${peer}: ${message}`, {
    values: { ...values, peer },
    cause,
    ...(fix === undefined ? {} : { fix }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Runs the work; its errors name the other system. */
export async function namingPeer<T>(peer: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw atPeer(error, peer);
  }
}
