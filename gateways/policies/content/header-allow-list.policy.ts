import { Type } from 'typebox';
import { NAME_RULES } from '../../../engine/contract/values/named-values.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type GatewayError } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/** What the gateway itself needs, or what describes the body. */
const ALWAYS = ['content-type', 'content-encoding', 'idempotency-key', 'x-request-deadline', 'traceparent', 'tracestate'];

/**
 * What clients add by themselves, so that no caller is refused for it. Browsers also add headers that begin with `sec-`.
 */
const OF_CLIENTS: ReadonlySet<string> = new Set([
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language', 'user-agent', 'host', 'connection', 'keep-alive'],
  ...['content-length', 'transfer-encoding', 'te', 'expect', 'date', 'cache-control', 'pragma', 'priority', 'dnt', 'origin', 'referer'],
]);
const MOST_SHOWN = 100;

/**
 * Passes only the listed request headers to the flow or upstream. It runs after authentication, because on the open
 * front only signed headers exist from then on.
 */
export default definePolicy({
  name: 'header-allow-list',
  stage: 'limit',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '请求头白名单', en: 'Allowed headers' },
    help: {
      'zh-CN':
        '只把列出的请求头交给流程或后端；Content-Type、Idempotency-Key 等网关自身需要的请求头总是保留。客户端自动添加的请求头（Accept、User-Agent 等）未列出时去除，不会因此被拒绝。',
      en: 'Passes only the listed headers to the flow or upstream. Headers that the gateway needs, such as Content-Type and Idempotency-Key, are always kept. Those that clients add by themselves, such as Accept and User-Agent, are removed unless listed, and never refused.',
    },
  },
  options: Type.Object(
    {
      allow: Type.Array(Type.String({ pattern: NAME_RULES.header.pattern }), {
        ...fieldText('允许的请求头', 'Allowed headers', '不分大小写。', 'Upper and lower case are the same.', {
          example: 'Accept-Language',
        }),
        maxItems: 100,
      }),
      others: Type.Optional(
        Type.Union([Type.Literal('drop'), Type.Literal('refuse')], {
          ...fieldText('其他请求头', 'Other headers', undefined, undefined, {
            options: { drop: ['去除', 'Remove them'], refuse: ['拒绝请求（GW40001）', 'Refuse the request (GW40001)'] },
          }),
          default: 'drop',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  isDefault: () => false,
  isOptional: () => true,
  compile({ allow, others = 'drop' }) {
    const allowed = new Set([...ALWAYS, ...allow.map((name) => name.toLowerCase())]);
    return (exchange) => {
      const { headers } = exchange;
      for (const name in headers) {
        if (allowed.has(name)) continue;
        if (others === 'refuse' && !OF_CLIENTS.has(name) && !name.startsWith('sec-')) {
          exchange.note({ policy: 'header-allow-list', where: '/allow', what: 'not-listed' });
          return refuseHeader(name);
        }
        delete headers[name];
      }
      return undefined;
    };
  },
});

function refuseHeader(name: string): GatewayError {
  const shown = name.slice(0, MOST_SHOWN);
  return refuse('GW40001', {
    text: {
      'zh-CN': `该接口不接受请求头 ${shown}：请勿发送，或联系平台将它列入白名单`,
      en: `The interface does not accept the header ${shown}: do not send it, or ask the platform to list it.`,
    },
  });
}
