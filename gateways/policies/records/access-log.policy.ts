import { Type } from 'typebox';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { definePolicy, type Exchange, type PolicyDeps } from '../../contract.ts';
import { maskBody } from '../../shared/masking/mask-body.ts';
import { maskText } from '../../shared/masking/mask-text.ts';

const BODY_LIMIT_BYTES = 8 * 1024;
/** UTF-8 needs at most this many bytes per code unit. */
const MAX_UNIT_BYTES = 3;

/**
 * Writes one line of metadata for each request, with the published path, and the requested path encrypted. With the
 * interface's level 入参 / 出参 / 全参, also writes its bodies: masked, then cut to 8 KB, then encrypted. A body that
 * cannot be read is logged as its length and digest.
 */
export default definePolicy({
  name: 'access-log',
  stage: 'log',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '访问日志', en: 'Access log' },
    help: {
      'zh-CN': '每个请求一行元数据；按接口的日志规则附加脱敏并加密的入参、出参。',
      en: 'One line of metadata per request; depending on the log rule of the interface also its bodies, masked and sealed.',
    },
  },
  options: Type.Object(
    {
      maskKeys: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
          ...fieldText(
            '另需脱敏的字段',
            'More fields to mask',
            '凭据（令牌、密码、密钥、签名、会话、验证码）、姓名、证件号、手机号等按字段名总是脱敏，含 newPassword、client_secret 这类组合；这里补充其他字段名。',
            'Credentials (tokens, passwords, keys, signatures, sessions, codes), names, identity numbers and phone numbers are always masked by field name, also in composites such as newPassword and client_secret; these field names in addition.',
            { example: 'diagnosis' },
          ),
          maxItems: 100,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  reads: (_options, { log }) => ({ body: log === 'in' || log === 'full' }),
  explain: 'skip',
  isDefault: () => true,
  isOptional: () => false,
  compile({ maskKeys = [] }, target, _front, deps) {
    const level = target?.log ?? 'none';
    const logsIn = level === 'in' || level === 'full';
    const logsOut = level === 'out' || level === 'full';
    const keys = new Set(maskKeys.map((key) => key.toLowerCase()));
    const place = field('path', target?.path) + field('interface', target?.interfaceId);
    return (exchange) => {
      let bodies: Record<string, string> | undefined;
      const add = (name: string, text: string) => ((bodies ??= {})[name] = cut(text));
      // The requested path may contain a person's name or number in place of a parameter. So it is encrypted.
      if (exchange.rawPath !== target?.path) add('target', maskText(exchange.rawPath));
      if (logsIn && exchange.app === undefined) {
        // Do not log the body of an unauthenticated caller: anyone could send it.
        add('in', `[${exchange.bytesIn} bytes]`);
      } else if (logsIn) {
        if (exchange.rawQuery !== '') {
          add('query', maskBody(Buffer.from(exchange.rawQuery), 'application/x-www-form-urlencoded', keys, deps.crypto));
        }
        add('in', maskBody(exchange.body, exchange.incoming.get('content-type'), keys, deps.crypto, exchange.json));
      }
      if (logsOut) {
        const body = exchange.plainAnswer ?? (exchange.answer === undefined ? exchange.captured : exchange.answer.body);
        const type = exchange.answer?.headers['content-type'] ?? exchange.response.getHeader('content-type');
        add('out', maskBody(body, typeof type === 'string' ? type : undefined, keys, deps.crypto));
      }
      const { traceId } = exchange;
      deps.accessLog.write(`${describe(exchange, place, deps)}}`, bodies && { traceId, interfaceId: target?.interfaceId, bodies });
      return undefined;
    };
  },
});

/**
 * Returns the line's JSON without its closing brace. It is built without a serializer, because every request needs it
 * and half of its values are numbers. Trace id and method consist of letters and digits that need no escape.
 */
function describe(exchange: Exchange, place: string, { clock }: PolicyDeps): string {
  const { response, startedAt, front, bytesIn, bytesOut, attempts, plan } = exchange;
  return (
    `{"at":${startedAt},"ms":${clock.now() - startedAt},"front":"${front}","trace":"${exchange.traceId}","method":"${exchange.method}"` +
    place +
    field('app', exchange.app?.appId) +
    // Operators look for the calls of an app whose signature is wrong, too.
    (exchange.app === undefined ? field('claimed', exchange.claim?.app.appId) : '') +
    field('key', exchange.proof?.keyId) +
    field('ip', exchange.clientIp) +
    field('via', exchange.relay?.node) +
    (response.headersSent ? `,"status":${response.statusCode}` : '') +
    field('code', exchange.error?.code) +
    field('by', exchange.decidedBy) +
    field('cache', exchange.cached) +
    // The caller left before the whole response was sent.
    (response.writableFinished || exchange.isCutOff ? '' : ',"left":true') +
    `,"bytesIn":${bytesIn},"bytesOut":${bytesOut}` +
    (attempts > 0 ? `,"attempts":${attempts}` : '') +
    (exchange.notes.length > 0 ? `,"notes":${JSON.stringify(exchange.notes)}` : '') +
    `,"plan":${plan.number}`
  );
}

function field(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
}

function cut(text: string): string {
  if (text.length * MAX_UNIT_BYTES <= BODY_LIMIT_BYTES || Buffer.byteLength(text) <= BODY_LIMIT_BYTES) return text;
  return `${Buffer.from(text).subarray(0, BODY_LIMIT_BYTES).toString()}…`;
}
