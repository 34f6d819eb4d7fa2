import type { Exchange } from '../../contract.ts';
import { looksPersonal } from '../masking/plain-names.ts';

/**
 * Adopts the trace id of an authenticated caller if it is well-formed: the one in `X-KQ-Trace`, otherwise the one in
 * `traceparent` (W3C). Until authentication, every request has an id that the gateway created. So an unauthenticated
 * caller cannot add to the trace of another caller. An id that looks like personal data is not adopted, because it
 * stands in every log line.
 */
export function adoptTraceId(exchange: Exchange, read: (name: string) => string | undefined): void {
  const own = read('x-kq-trace');
  if (own !== undefined && /^[A-Za-z0-9_-]{8,64}$/.test(own) && !looksPersonal(own)) exchange.traceId = own;
  else {
    const parent = read('traceparent');
    const match = parent === undefined ? null : /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(parent);
    if (match === null || looksPersonal(match[1]!)) return;
    exchange.traceId = match[1]!;
    exchange.traceparent = parent;
  }
}
