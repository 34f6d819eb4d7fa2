import { Type } from 'typebox';
import { definePolicy } from '../contract.ts';
import { refuse } from '../errors.ts';
import { isVisibleHeader } from '../shared/visible-headers.ts';

const ONCE = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'idempotency-key',
  'x-request-deadline',
  'x-kq-trace',
];

/**
 * Refuses what two readers could read in two ways (a repeated single header, a length beside a transfer coding), and decides which
 * headers flow and upstream see. On the open front that is only what was signed: the policy `signature` adds it.
 */
export default definePolicy({
  name: 'header-filter',
  stage: 'headers',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求头过滤', en: 'Header filter' },
    help: {
      'zh-CN': '拒绝重复的关键请求头；去除逐跳头、凭据和代理头。',
      en: 'Refuses repeated single headers; removes hop-by-hop headers, credentials and proxy headers.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile: (_options, _target, front) => (exchange) => {
    const { incoming, repeated } = exchange;
    if (repeated.size > 0 && ONCE.some((name) => repeated.has(name))) return refuse('GW40001');
    if (incoming.has('transfer-encoding') && incoming.has('content-length')) return refuse('GW40001');
    if (front === 'open') return undefined;
    const named = incoming.get('connection');
    for (const [name, value] of incoming) {
      if (!isVisibleHeader(name) || (named !== undefined && isNamed(named, name))) continue;
      exchange.headers[name] = repeated.has(name) ? valuesOf(exchange.request.rawHeaders, name).join(', ') : value;
    }
    return undefined;
  },
});

/** From the headers as they stand: Node's own lists break when one was taken off (a gateway in the DMZ had put it there). */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_value, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
}

/** `Connection` may name further headers that end here. The common values name none. */
function isNamed(connection: string, name: string): boolean {
  return (
    connection.length > 10 &&
    connection
      .toLowerCase()
      .split(',')
      .some((token) => token.trim() === name)
  );
}
