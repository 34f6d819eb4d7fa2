import { Agent, request } from 'undici';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import { guardedConnector, type WarnRefused } from './create-pools.ts';

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 256 * 1024;

export type FetchDocument = (url: string) => Promise<Uint8Array>;

/**
 * Creates the function that fetches a small document from another system, such as the keys of an issuer. Connections
 * pass the outbound guard, and redirects are not followed. Rejects with DOCUMENT_NOT_FETCHED (transient).
 */
export function createFetchDocument(outbound: OutboundGuard, warnRefused: WarnRefused): FetchDocument {
  return async (url) => {
    const dispatcher = new Agent({
      ...{ connections: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, maxResponseSize: MOST_BYTES },
      connect: guardedConnector(new URL(url).origin, outbound, warnRefused),
    });
    try {
      const answer = await request(url, { dispatcher, headers: { accept: 'application/json' }, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (answer.statusCode !== 200) throw notFetched(url, `HTTP ${answer.statusCode}`);
      return new Uint8Array(await answer.body.arrayBuffer());
    } catch (cause) {
      throw cause instanceof AppError ? cause : notFetched(url, 'it does not respond', cause);
    } finally {
      void dispatcher.destroy();
    }
  };
}

function notFetched(url: string, why: string, cause?: unknown): AppError {
  const { host } = new URL(url);
  return new AppError('DOCUMENT_NOT_FETCHED', 'transient', `The document at ${host} could not be fetched: ${why}.`, {
    values: { host },
    cause,
    fix: 'Check the address, its certificate, and whether connections to it are allowed (System, outgoing connections).',
  });
}
