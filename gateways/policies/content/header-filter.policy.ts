import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import type { Front } from '../../../engine/contract/access/access.ts';
import { definePolicy, type Exchange, type GatewayError } from '../../contract.ts';
import { refuse } from '../../errors.ts';
import { findProfile } from '../../shared/identity/claim-profile.ts';
import { isClaiming, isUsual, isVisibleHeader, namedByConnection } from '../../shared/visible-headers.ts';

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
 * Refuses headers that two servers could understand differently (a repeated single header, a length beside a transfer
 * coding) and codings that the gateway does not decode. Decides which headers the flow and the upstream see. On the
 * open front these are only signed headers, which the policy `signature` adds. Compatibility profiles sign none.
 */
export default definePolicy({
  name: 'header-filter',
  stage: 'headers',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求头过滤', en: 'Header filter' },
    help: {
      'zh-CN':
        '拒绝重复的关键请求头；去除逐跳头、凭据和代理头。用户网关与总线网关的请求未签名，还去除声称身份、地址、目标或方法的请求头（如 X-User-Id、X-Consumer-Username、True-Client-IP、X-Original-URL）；用户网关只传递标准请求头和 X- 开头的请求头。',
      en: 'Refuses headers that are repeated but may occur only once; removes hop-by-hop headers, credentials and proxy headers. Requests on the user and bus fronts are not signed, so headers that claim a person, address, target or method (X-User-Id, X-Consumer-Username, True-Client-IP, X-Original-URL) are removed too; the user front passes on only standard headers and those that begin with X-.',
    },
  },
  options: Type.Object(
    {
      pass: Type.Optional(
        Type.Array(Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }), {
          ...fieldText(
            '另外传递的请求头',
            'More headers to pass on',
            '用户网关与总线网关：未签名也传递给服务的请求头。调用方可任意填写，服务不得据此认定身份。',
            'User and bus fronts: headers that the service gets although they are not signed. The caller chooses their values, so the service must not take them for an identity.',
            {
              example: 'X-User-Lang',
              pattern: ['只含字母、数字和连字符，1 到 64 个字符', 'Letters, digits and hyphens, 1 to 64 characters'],
            },
          ),
          maxItems: 50,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ pass = [] }) =>
    pass.flatMap((name, index) => {
      if (isVisibleHeader(name.toLowerCase())) return [];
      const fix = 'Remove it: credentials, proxy headers and X-KQ- headers end at the gateway.';
      return [{ path: `/pass/${index}`, problem: 'ends-here', value: name, message: `The header ${name} is never passed on.`, fix }];
    }),
  isDefault: () => true,
  isOptional: () => false,
  compile({ pass = [] }, _target, front) {
    const listed = new Set(pass.map((name) => name.toLowerCase()));
    const passes = (name: string) => listed.has(name) || (!isClaiming(name) && (front === 'bus' || isUsual(name)));
    return (exchange) => filter(exchange, front, passes);
  },
});

function filter(exchange: Exchange, front: Front, passes: (name: string) => boolean): GatewayError | undefined {
  const { incoming, repeated } = exchange;
  const twice = repeated.size > 0 ? ONCE.find((name) => repeated.has(name)) : undefined;
  if (twice !== undefined) return refuseTwice(twice);
  const coding = incoming.get('transfer-encoding');
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || incoming.has('content-length'))) return CODED;
  if (incoming.has('expect') && incoming.get('expect')!.toLowerCase() !== '100-continue') return EXPECTED;
  if (front === 'open') return adoptProfile(exchange);
  const named = namedByConnection(incoming.get('connection'));
  for (const [name, value] of incoming) if (isVisibleHeader(name) && !named.has(name) && passes(name)) exchange.headers[name] = value;
  if (repeated.size > 0) joinRepeated(exchange);
  return undefined;
}

/**
 * Recognizes a request of a compatibility profile. Its headers are not signed: its media type is set here, it has no
 * idempotency key, and nothing is unpacked.
 */
function adoptProfile(exchange: Exchange): GatewayError | undefined {
  // The simulator assumes an app whose request is signed in the form KQ1.
  if (exchange.app !== undefined) return undefined;
  const profile = findProfile(exchange);
  if (profile === undefined) return undefined;
  const encoding = exchange.incoming.get('content-encoding')?.toLowerCase();
  if (encoding !== undefined && encoding !== 'identity') return PACKED;
  exchange.profile = profile;
  const incoming = new Map(exchange.incoming).set('content-type', 'application/json');
  incoming.delete('idempotency-key');
  exchange.incoming = incoming;
  return undefined;
}

const PACKED = refuse('GW41502', {
  text: {
    'zh-CN': '兼容签名不覆盖 Content-Encoding，请求体不能压缩：去除该请求头，发送原文',
    en: 'Compatibility profiles do not sign Content-Encoding, so the body cannot be compressed: send it without that header.',
  },
});

function refuseTwice(name: string): GatewayError {
  return refuse('GW40001', {
    text: { 'zh-CN': `请求头 ${name} 出现了多次：只发送一次`, en: `The header ${name} occurs more than once: send it once.` },
  });
}

/**
 * The error for a wrong `Transfer-Encoding`. Codings other than `chunked` would have to be decoded (RFC 9112, 6.1). If
 * a request has a length and a coding, two servers could read two different requests.
 */
const CODED = refuse('GW40001', {
  text: {
    'zh-CN': 'Transfer-Encoding 只接受 chunked，且不能同时有 Content-Length：压缩请改用 Content-Encoding',
    en: 'Transfer-Encoding may only be chunked, without a Content-Length: to compress, use Content-Encoding instead.',
  },
});
const EXPECTED = refuse('GW40001', {
  text: {
    'zh-CN': 'Expect 只接受 100-continue：去除其他值后重新发送',
    en: 'Expect may only be 100-continue: remove other values and send again.',
  },
});

/**
 * Joins the values of repeated headers. Reads the raw headers, because Node's own lists are wrong after the header of a
 * gateway in the DMZ was removed. Uses one pass, because an unauthenticated caller may send thousands of headers.
 */
function joinRepeated({ headers, repeated, request: { rawHeaders } }: Exchange): void {
  const values = new Map<string, string[]>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!repeated.has(name) || headers[name] === undefined) continue;
    const known = values.get(name);
    if (known === undefined) values.set(name, [rawHeaders[i + 1]!]);
    else known.push(rawHeaders[i + 1]!);
  }
  for (const [name, all] of values) headers[name] = all.join(', ');
}
