import { randomFillSync } from 'node:crypto';
import type { Exchange } from '../contract.ts';

const ID_BYTES = 16;

/** Creates a trace id of 32 hex characters, as in W3C trace context. */
export const createTraceId = createTraceIds();

/** Draws random bytes for many ids at a time, because otherwise each id would cost a system call. */
function createTraceIds(): () => string {
  const drawn = Buffer.alloc(256 * ID_BYTES);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn);
      used = 0;
    }
    used += ID_BYTES;
    return drawn.toString('hex', used - ID_BYTES, used);
  };
}

/**
 * Adopts the trace id of an authenticated caller if it is well-formed: the one in `X-KQ-Trace`, otherwise the one in
 * `traceparent` (W3C). Until authentication, every request has an id that the gateway created. So an unauthenticated
 * caller cannot add to the trace of another caller.
 */
export function adoptTraceId(exchange: Exchange, read: (name: string) => string | undefined): void {
  const own = read('x-kq-trace');
  if (own !== undefined && /^[A-Za-z0-9_-]{8,64}$/.test(own)) exchange.traceId = own;
  else {
    const parent = read('traceparent');
    const match = parent === undefined ? null : /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(parent);
    if (match === null) return;
    exchange.traceId = match[1]!;
    exchange.traceparent = parent;
  }
}
