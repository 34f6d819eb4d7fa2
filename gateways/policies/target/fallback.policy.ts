import { Type } from 'typebox';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';
import { mediaTypeOf } from '../../content/media.ts';
import { OneOf } from '../../documents/document-fields.ts';
import { definePolicy, type Answer, type Exchange } from '../../contract.ts';

const CAUSES = ['breaker', 'concurrency', 'unreachable', 'time-out', 'server-error'] as const;
type Cause = (typeof CAUSES)[number];

const CAUSE_OF_CODE: Readonly<Record<string, Cause>> = { GW50201: 'unreachable', GW50401: 'time-out' };
/** Statuses of responses without a body (RFC 9110, 15). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** Only these refusals before the call: others may concern callers that are not authenticated. */
const CAUSE_OF_POLICY: Readonly<Record<string, Cause>> = { 'admin-pause': 'breaker', breaker: 'breaker', concurrency: 'concurrency' };

/**
 * Responds with a configured answer when the target cannot. A call whose outcome is unknown or done keeps its error,
 * because the caller must learn that.
 */
export default definePolicy({
  name: 'fallback',
  stage: 'respond',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '降级应答', en: 'Fallback answer' },
    help: {
      'zh-CN': '后端不可用时返回预设的内容，带应答头 x-kq-fallback。结果未知的请求不降级。',
      en: 'Responds with a prepared answer while the target is not available, with the header x-kq-fallback. Calls with an unknown outcome keep their error.',
    },
  },
  options: Type.Object(
    {
      causes: Type.Optional(
        Type.Array(OneOf(CAUSES), {
          ...fieldText('何时', 'When', '不填时为前四种。', 'The first four if left out.', {
            options: {
              breaker: ['熔断中', 'The breaker is open'],
              concurrency: ['并发已满', 'At the concurrency limit'],
              unreachable: ['后端不可达', 'The target is not reachable'],
              'time-out': ['后端超时', 'The target timed out'],
              'server-error': ['后端返回 5xx', 'The target responded with 5xx'],
            },
          }),
          minItems: 1,
          maxItems: CAUSES.length,
          uniqueItems: true,
        }),
      ),
      status: Type.Optional(
        Type.Integer({ ...fieldText('状态码', 'Status', '不填时为 200。', '200 if left out.'), minimum: 200, maximum: 599 }),
      ),
      contentType: Type.Optional(
        Type.String({
          ...fieldText('内容类型', 'Media type', '不填时为 application/json。', 'application/json if left out.'),
          ...fieldEditor('media-type'),
          pattern: '^[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}(; charset=[A-Za-z0-9-]{1,20})?$',
        }),
      ),
      body: Type.String({
        ...fieldText('内容', 'Body', '原样返回。', 'Returned as it is.', { example: '{"slots":[]}' }),
        ...fieldEditor('long-text'),
        maxLength: 65_536,
      }),
    },
    { additionalProperties: false },
  ),
  findProblems: ({ status = 200, contentType = 'application/json', body }) => {
    if (BODILESS.has(status))
      return body === ''
        ? []
        : [
            {
              ...{ path: '/body', problem: 'fallback-bodiless', value: String(status) },
              message: `A response with the status ${status} has no body.`,
              fix: 'Choose another status, such as 200, or leave the body empty.',
            },
          ];
    return !isJsonType(contentType) || isJson(body)
      ? []
      : [
          {
            ...{ path: '/body', problem: 'fallback-json', value: contentType },
            message: `The body is not JSON, but the media type is ${contentType}.`,
            fix: 'Correct the body, or choose another media type.',
          },
        ];
  },
  reads: ({ causes }) => ({ answer: causes?.includes('server-error') === true }),
  isDefault: () => false,
  isOptional: () => true,
  compile({ causes = CAUSES.slice(0, 4), status = 200, contentType = 'application/json', body }) {
    const wanted = new Set<Cause>(causes);
    const bytes = Buffer.from(body);
    return (exchange) => {
      const cause = causeOf(exchange);
      if (cause === undefined || !wanted.has(cause)) return undefined;
      exchange.note({ policy: 'fallback', what: exchange.error?.code ?? String(exchange.answer!.status) });
      exchange.replacedFailure = exchange.error?.code ?? 'HTTP_SERVER_ERROR';
      const headers = { 'content-type': contentType, 'cache-control': 'no-store', 'x-kq-fallback': cause };
      return { status, headers, body: bytes } satisfies Answer;
    };
  },
});

function isJsonType(contentType: string): boolean {
  const type = mediaTypeOf(contentType);
  return type === 'application/json' || type.endsWith('+json');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function causeOf({ error, answer, isCalled, decidedBy }: Exchange): Cause | undefined {
  if (!isCalled) return error === undefined || decidedBy === undefined ? undefined : CAUSE_OF_POLICY[decidedBy];
  if (error !== undefined) return CAUSE_OF_CODE[error.code];
  return answer!.status >= 500 ? 'server-error' : undefined;
}
