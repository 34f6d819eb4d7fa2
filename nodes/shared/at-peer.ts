import { AppError } from '../../engine/contract/values/errors.ts';

/** One other system, or the servers of one. */
export interface Peer {
  /** How the codes of the errors begin that concern it: `FILE`. Other errors are not its fault. */
  readonly area: string;
  /** `host:port`. */
  readonly name: string;
}

/** Values that name the other system already. */
const NAMES = ['peer', 'host', 'target'];

export function peerOf(area: string, ...servers: readonly { readonly host: string; readonly port: number | undefined }[]): Peer {
  return { area, name: servers.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`)).join(', ') };
}

/**
 * Names the other system in an error of its area that does not say where it happened. What the sender must correct stays
 * as it is, because it concerns the message and not the place; only a refused login does not.
 */
export function atPeer(error: unknown, { area, name }: Peer): unknown {
  if (!(error instanceof AppError) || !error.code.startsWith(`${area}_`)) return error;
  if (NAMES.some((value) => Object.hasOwn(error.values, value))) return error;
  if (error.kind === 'input' && !error.code.endsWith('_LOGIN_REFUSED')) return error;
  const { code, kind, message, values, fix, retryAfterMs, cause } = error;
  return new AppError(code, kind, `${name}: ${message}`, {
    values: { ...values, peer: name },
    cause,
    ...(fix === undefined ? {} : { fix }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Runs the work; its errors name the other system. */
export async function namingPeer<T>(peer: Peer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw atPeer(error, peer);
  }
}
