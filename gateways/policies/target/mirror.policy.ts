import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type PolicyDeps } from '../../contract.ts';
import { findDifference } from '../../load/find-difference.ts';
import { MirrorQueue } from '../../load/mirror-queue.ts';
import { maskBody } from '../../shared/masking/mask-body.ts';
import { maskText } from '../../shared/masking/mask-text.ts';

const TIME_OUT_MS = 1_000;
const REPORT_MS = 60_000;
/** Everything else may be a credential or a signature under a name that the gateway does not know. */
const KEPT_HEADERS = ['accept', 'accept-language', 'content-type'] as const;
const NO_KEYS: ReadonlySet<string> = new Set();

/** A request that waits to be sent again. */
interface Copy {
  readonly exchange: Exchange;
  /** Resolves when the caller has its response. */
  readonly ended: Promise<void>;
}

/**
 * Sends copies of some requests to another service, without credentials, signatures and personal data. The request
 * itself never waits for its copy. A copy is not retried, and its response is only compared.
 */
export default definePolicy({
  name: 'mirror',
  stage: 'mirror',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '流量复制', en: 'Mirror' },
    help: {
      'zh-CN':
        '把部分请求复制一份发给另一个服务，如新版本的测试环境；凭据、签名去除，个人信息脱敏，原请求不受影响。复制的请求 1 秒超时，不重试；队列满时丢弃最早的。',
      en: 'Sends a copy of some requests to another service, such as a new version in a test environment. Credentials and signatures are removed, personal data is masked, and the request itself is not affected. A copy has 1 s and is not retried; if the queue is full, the oldest copy is dropped.',
    },
  },
  options: Type.Object(
    {
      address: Type.String({
        ...fieldText(
          '复制到',
          'To',
          'http(s)://主机:端口[/前缀]，请求的路径接在其后。',
          'http(s)://host:port[/prefix]; the path of the request is appended.',
          {
            example: 'https://orders-v2.internal:8443',
          },
        ),
        format: 'uri',
        pattern: '^https?://[^@?#]+$',
        maxLength: 500,
      }),
      percent: Type.Optional(
        Type.Number({ ...fieldText('比例', 'Share', '百分比；不填时为 100。', 'In percent; 100 if left out.'), minimum: 0, maximum: 100 }),
      ),
      compare: Type.Optional(
        Type.Boolean({
          ...fieldText(
            '比对应答',
            'Compare responses',
            '比对状态码和 JSON 结构（不比对值），不同之处记入网关事件。',
            'Compares status and JSON structure, not values; differences are reported as events of the gateway.',
          ),
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ address }) =>
    URL.canParse(address)
      ? []
      : [{ path: '/address', problem: 'address', value: '', message: 'The address is not a URL.', fix: 'Write http(s)://host:port.' }],
  reads: ({ compare }) => ({ body: true, answer: compare === true }),
  explain: 'skip',
  isDefault: () => false,
  isOptional: () => true,
  compile({ address, percent = 100, compare = false }, target, _front, deps) {
    const { interfaceId } = target!;
    const { keepers, metrics } = deps;
    const queue = keepers.ofInterface(`mirror ${address} ${String(compare)}`, () => {
      const report = createReporter(interfaceId, address, deps);
      return new MirrorQueue<Copy>({
        send: (copy) => sendCopy(copy, address, compare, report, deps),
        bytesOf: ({ exchange }) => (exchange.body?.byteLength ?? 0) + exchange.rawPath.length + exchange.rawQuery.length,
        onEnd: (outcome) => metrics.count('gateway_mirrored_total', { outcome }),
      });
    });
    return (exchange) => {
      if (Math.random() * 100 >= percent) return undefined;
      queue.add({ exchange, ended: new Promise((resolve) => exchange.onEnd(resolve)) });
      return undefined;
    };
  },
});

async function sendCopy(
  { exchange, ended }: Copy,
  address: string,
  compare: boolean,
  report: (where: string) => void,
  deps: PolicyDeps,
): Promise<void> {
  const answer = await deps.sendAside(address, {
    method: exchange.method,
    path: maskPath(exchange.rawPath) + maskQuery(exchange.rawQuery, deps),
    headers: headersOf(exchange),
    body: maskedBody(exchange, deps),
    timeoutMs: TIME_OUT_MS,
  });
  if (!compare) return;
  await ended;
  const { response, answer: own } = exchange;
  // The caller has left, or got an error of the gateway: there is nothing to compare with.
  if (!response.writableFinished || exchange.error !== undefined) return;
  const where = findDifference({ status: response.statusCode, body: own?.body }, answer);
  deps.metrics.count('gateway_mirror_compared_total', { outcome: where === undefined ? 'same' : 'different' });
  if (where !== undefined) report(where);
}

/** Reports the first difference, and then at most one in a minute: each copy may differ. */
function createReporter(interfaceId: string, address: string, { clock, report }: PolicyDeps): (where: string) => void {
  let reportedAt = -Infinity;
  let more = 0;
  return (where) => {
    more++;
    if (clock.monotonic() - reportedAt < REPORT_MS) return;
    report({ kind: 'mirror-different', interfaceId, subject: address, values: { where, count: more } });
    reportedAt = clock.monotonic();
    more = 0;
  };
}

function headersOf(exchange: Exchange): Record<string, string> {
  const headers: Record<string, string> = { 'x-kq-mirror': '1', 'x-kq-trace': exchange.traceId };
  for (const name of KEPT_HEADERS) if (exchange.headers[name] !== undefined) headers[name] = exchange.headers[name];
  return headers;
}

function maskedBody({ body, headers, incoming }: Exchange, { crypto }: PolicyDeps): Uint8Array | undefined {
  if (body === undefined || body.byteLength === 0) return undefined;
  return Buffer.from(maskBody(body, headers['content-type'] ?? incoming.get('content-type'), NO_KEYS, crypto));
}

function maskQuery(rawQuery: string, { crypto }: PolicyDeps): string {
  if (rawQuery === '') return '';
  return `?${maskBody(Buffer.from(rawQuery), 'application/x-www-form-urlencoded', NO_KEYS, crypto)}`;
}

function maskPath(rawPath: string): string {
  return rawPath
    .split('/')
    .map((segment) => maskText(segment))
    .join('/');
}
