import { Type } from 'typebox';
import { definePolicy, type Exchange, type PolicyDeps } from '../contract.ts';
import { maskBody } from '../shared/mask-body.ts';
import { maskText } from '../shared/mask-text.ts';

const BODY_LIMIT_BYTES = 8 * 1024;

/**
 * One line of metadata for each request, always: the path as it was published, as it was asked for sealed. With the interface's level 入参 / 出参 / 全参 also its bodies: masked, then cut to 8 KB,
 * then sealed. A body that cannot be read is logged as its length and digest.
 */
export default definePolicy({
  name: 'access-log',
  stage: 'log',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '访问日志', en: 'Access log' },
    help: {
      'zh-CN': '每个请求一行元数据；按接口的日志级别附加脱敏并加密的入参、出参。maskKeys 可补充需脱敏的字段名。',
      en: 'One line of metadata a request; by the log level of the interface also its bodies, masked and sealed. maskKeys adds names of fields to mask.',
    },
  },
  options: Type.Object(
    { maskKeys: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 100 })) },
    { additionalProperties: false },
  ),
  isDefault: () => true,
  isOptional: () => false,
  compile({ maskKeys = [] }, target, _front, deps) {
    const level = target?.log ?? 'none';
    const logsIn = level === 'in' || level === 'full';
    const logsOut = level === 'out' || level === 'full';
    const keys = new Set(maskKeys.map((key) => key.toLowerCase()));
    return (exchange) => {
      const line: Record<string, unknown> = describe(exchange, deps);
      // What the published path does not say may be a name or a number of somebody.
      if (exchange.rawPath !== exchange.interface?.path) line['target'] = sealText(exchange, 'target', maskText(exchange.rawPath), deps);
      if (logsIn) {
        if (exchange.rawQuery !== '')
          line['query'] = sealText(
            exchange,
            'query',
            maskBody(Buffer.from(exchange.rawQuery), 'application/x-www-form-urlencoded', keys, deps.crypto),
            deps,
          );
        line['in'] = sealText(exchange, 'in', maskBody(exchange.body, exchange.incoming.get('content-type'), keys, deps.crypto), deps);
      }
      if (logsOut) {
        const body = exchange.answer === undefined ? exchange.captured : exchange.answer.body;
        const type = exchange.answer?.headers['content-type'] ?? exchange.response.getHeader('content-type');
        line['out'] = sealText(exchange, 'out', maskBody(body, typeof type === 'string' ? type : undefined, keys, deps.crypto), deps);
      }
      deps.accessLog.write(JSON.stringify(line));
      return undefined;
    };
  },
});

function describe(exchange: Exchange, { clock }: PolicyDeps): Record<string, unknown> {
  const { response, proof } = exchange;
  return {
    at: exchange.startedAt,
    ms: clock.now() - exchange.startedAt,
    front: exchange.front,
    trace: exchange.traceId,
    method: exchange.method,
    path: exchange.interface?.path,
    interface: exchange.interface?.interfaceId,
    app: exchange.app?.appId,
    key: proof?.keyId,
    ip: exchange.clientIp,
    status: response.headersSent ? response.statusCode : undefined,
    code: exchange.error?.code,
    // The caller left before the answer was out.
    left: response.writableFinished ? undefined : true,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    attempts: exchange.attempts > 0 ? exchange.attempts : undefined,
    plan: exchange.planNumber,
  };
}

function sealText(exchange: Exchange, field: string, text: string, { seal }: PolicyDeps): string {
  const cut = Buffer.byteLength(text) > BODY_LIMIT_BYTES ? `${Buffer.from(text).subarray(0, BODY_LIMIT_BYTES).toString()}…` : text;
  return seal.seal({ collection: 'access-log', id: exchange.traceId, field }, cut);
}
