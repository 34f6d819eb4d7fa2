import { Type, type Static } from 'typebox';
import { atField } from '../../engine/contract/values/at-field.ts';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { valuesBy, valuesByName } from '../../engine/contract/values/named-values.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type ConfigProblem,
  type Effect,
  type NodeContext,
  type RunNode,
  type Scope,
} from '../../engine/contract/node/node.ts';
import { compileOperand } from '../../engine/contract/flow/scope-path.ts';
import { pointerStep } from '../../engine/contract/schema/schema-problem.ts';
import { fieldEditor, fieldText, type Text } from '../../engine/contract/values/texts.ts';
import { isWrite, statusError } from '../shared/http/check-status.ts';
import { parseMediaType, isJsonType, isTextType, type MediaType } from '../shared/http/media-type.ts';
import type { OutboundResponse } from '../shared/http/exchange.ts';
import { createOutboundClient } from '../shared/http/outbound.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { compileTemplate, encodeHeaderValue, encodePathValue, encodeQueryValue, type EncodeValue } from '../shared/http/template.ts';
import { decodeText, encodeText } from '../shared/charset/text-charset.ts';
import { DEFAULT_JSON_OPTIONS } from '../shared/json/parse-json.ts';
import { createParser, type Parser } from '../shared/parse-worker/create-parser.ts';

/** Headers that the node or its HTTP client sets; a flow must not set them. */
const OWN_HEADERS = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'idempotency-key',
];

const Config = Type.Object(
  {
    method: Type.Union(
      [Type.Literal('GET'), Type.Literal('HEAD'), Type.Literal('POST'), Type.Literal('PUT'), Type.Literal('PATCH'), Type.Literal('DELETE')],
      { ...fieldText('方法', 'Method'), default: 'GET' },
    ),
    path: Type.String({
      ...fieldText(
        '路径',
        'Path',
        '接在适配器地址之后；{data.patient.id} 这样的占位符会被取值并转义。',
        "Appended to the adapter's base URL; placeholders such as {data.patient.id} are filled in and percent-encoded.",
        { example: '/patients/{data.patient.id}' },
      ),
      ...fieldEditor('template'),
      pattern: '^/',
      maxLength: 2000,
    }),
    query: valuesByName(Type.String({ ...fieldEditor('template'), maxLength: 2000 }), {
      ...fieldText(
        '查询参数',
        'Query',
        '值可含占位符；占位符无值时省略该参数。',
        'Values can contain placeholders; a field whose placeholder has no value is left out.',
      ),
      default: {},
      maxProperties: 100,
    }),
    headers: valuesBy('header', Type.String({ ...fieldEditor('template'), maxLength: 4000 }), {
      ...fieldText('请求头', 'Headers', '值可含占位符。', 'Values can contain placeholders.'),
      ...fieldEditor('headers'),
      default: {},
      maxProperties: 100,
    }),
    body: Type.Optional(
      Type.Union([Type.Literal('message'), Type.Literal('none'), Operand], {
        ...fieldText(
          '请求体',
          'Body',
          '不填时，POST、PUT、PATCH 发送消息，其余不发送。',
          'If left out: POST, PUT and PATCH send the message, the others send nothing.',
          { options: { message: ['整条消息', 'The message'], none: ['不发送', 'Nothing'] } },
        ),
        ...fieldEditor('body'),
      }),
    ),
    expect: Type.Array(Type.String({ pattern: '^[1-5]\\d\\d(-[1-5]\\d\\d)?$' }), {
      ...fieldText(
        '预期状态码',
        'Expected status',
        '单个或区间；其余为错误。',
        'Single status codes or ranges; any other status is an error.',
        {
          example: '200-299',
        },
      ),
      default: ['200-299'],
      minItems: 1,
      maxItems: 20,
    }),
    responseAs: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('text'), Type.Literal('bytes')], {
      ...fieldText('响应解析为', 'Answer as', undefined, undefined, {
        options: {
          auto: ['自动（按 content-type）', 'Automatic (by content-type)'],
          json: ['JSON', 'JSON'],
          text: ['文本', 'Text'],
          bytes: ['字节', 'Bytes'],
        },
      }),
      default: 'auto',
    }),
    full: Type.Boolean({
      ...fieldText(
        '输出完整响应',
        'Whole answer',
        '输出 {status, headers, body}，而不只是响应体。',
        'Emits {status, headers, body} instead of only the body.',
      ),
      default: false,
    }),
    idempotent: Type.Boolean({
      ...fieldText(
        '对方保证幂等',
        'Idempotent',
        '对方按 Idempotency-Key 去重，因此结果未知时可以安全重发。',
        'The other side honours the Idempotency-Key, so it is safe to send again if the outcome is unknown.',
      ),
      default: false,
    }),
    reads: Type.Boolean({
      ...fieldText('只读调用', 'Only reads', '该 POST 只查询，不改变任何数据。', 'This POST only reads and changes nothing.'),
      default: false,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Calls a REST interface of a hospital system (RFC 9110). */
export default defineNode({
  type: 'http.call',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'globe',
  text: {
    label: { 'zh-CN': 'HTTP 调用', en: 'HTTP call' },
    help: {
      'zh-CN': '通过适配器调用对方的 REST 接口，输出解析后的响应。',
      en: 'Calls a REST interface of the other side through its adapter and emits the parsed response.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'http',
  effect: effectOf,
  config: Config,
  expressions: ['/body/expression'],
  check: checkConfig,
  prepare: prepareCall,
  probe: probeHttp,
});

function effectOf(config: Config): Effect {
  if (config.method === 'GET' || config.method === 'HEAD' || config.reads) return 'read';
  return config.method === 'PUT' || config.method === 'DELETE' || config.idempotent ? 'idempotent-write' : 'write';
}

const BAD_PATH = {
  'zh-CN': '路径须为百分号编码，且不含“.”或“..”路径段、查询参数和片段',
  en: 'must be a percent-encoded path without dot segments, query or fragment',
};
const POST_ALONE = { 'zh-CN': '“只读”只用于 POST 请求', en: 'is only for POST' };
const READS_AND_REPEATS = {
  'zh-CN': '“只读调用”与“对方保证幂等”不能同时打开：只查询的调用本来就可以重发；会改变数据的，请只打开“对方保证幂等”',
  en: 'cannot be on together with “Only reads”, because a call that only reads may always be sent again; turn “Only reads” off if the call changes something',
};
const OWN_HEADER = { 'zh-CN': '该请求头由平台设置，不能在此填写', en: 'is set by the platform' };

function checkConfig(config: Config): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const fixedPath = config.path.replace(/\{[^{}]*\}/g, 'x');
  if (!/^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,;=:@%-]*)+$/.test(fixedPath) || /^\/\//.test(fixedPath)) {
    problems.push({ path: '/path', message: BAD_PATH });
  }
  for (const [field, templates] of [
    ['path', { '': config.path }],
    ['query', config.query],
    ['headers', config.headers],
  ] as const) {
    for (const [name, template] of Object.entries(templates))
      problems.push(...checkTemplate(`/${field}${name === '' ? '' : pointerStep(name)}`, template));
  }
  for (const name of Object.keys(config.headers)) {
    if (OWN_HEADERS.includes(name.toLowerCase())) problems.push({ path: `/headers/${name}`, message: OWN_HEADER });
  }
  if (config.reads && !['POST', 'GET', 'HEAD'].includes(config.method)) problems.push({ path: '/reads', message: POST_ALONE });
  if (config.reads && config.idempotent && config.method === 'POST') problems.push({ path: '/idempotent', message: READS_AND_REPEATS });
  for (const [index, range] of config.expect.entries()) {
    const [from, to = from] = range.split('-');
    if (Number(from) > Number(to)) problems.push({ path: `/expect/${index}`, message: emptyRange(range, `${to}-${from}`) });
  }
  return problems;
}

function emptyRange(range: string, turned: string): Text {
  return {
    'zh-CN': `区间“${range}”的起点大于终点，不包含任何状态码；是否应为“${turned}”？`,
    en: `the range "${range}" ends before it begins, so it contains no status; did you mean "${turned}"?`,
  };
}

function checkTemplate(path: string, template: string): readonly ConfigProblem[] {
  try {
    compileTemplate(template, (value) => value);
    return [];
  } catch (error) {
    return [{ path, message: bothTexts(error as AppError) }];
  }
}

function prepareCall(config: Config, build: BuildContext): RunNode<Config> {
  const effect = effectOf(config);
  const fillPath = compileTemplate(config.path, encodePathValue);
  const fillQuery = compileFields(config.query, encodeURIComponent, encodeQueryValue, encodeURIComponent);
  const fillHeaders = compileFields(
    config.headers,
    (name) => name.toLowerCase(),
    encodeHeaderValue,
    (text) => encodeHeaderValue(text, text),
  );
  const readBody = compileBody(config, build);
  const isExpected = compileExpected(config.expect);
  const client = createOutboundClient();
  const parser = createParser();

  return async (ctx, message) => {
    const data = readBody(ctx.scope);
    const body = encodeBody(data instanceof Promise ? await data : data, message, ctx);
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': body.contentType };
    for (const [name, value] of fillHeaders(ctx.scope)) headers[name] = value;
    const query = fillQuery(ctx.scope);
    const path = (fillPath(ctx.scope) ?? '') + (query.length === 0 ? '' : `?${query.map(([name, value]) => `${name}=${value}`).join('&')}`);
    const response = await client.send(ctx, { method: config.method, path, headers, body: body?.bytes, effect });
    if (!isExpected(response.status)) throw statusError(response, effect, ctx);
    try {
      const answer = decodeAnswer(config, ctx, message, response, parser);
      return { emit: { ok: [answer instanceof Promise ? await answer : answer] } };
    } catch (error) {
      throw isWrite(effect) ? unreadable(error) : error;
    }
  };
}

/**
 * Returns the error for a response that cannot be read. The remote system responded, so the work was most likely
 * done. Therefore the error must not cause a retry, even if the reason is only temporary.
 */
function unreadable(cause: unknown): AppError {
  const reason = cause instanceof AppError ? ` (${cause.code})` : '';
  return new AppError('HTTP_ANSWER_UNREADABLE', 'unknown-outcome', `The other side responded, but the response cannot be read${reason}.`, {
    cause,
    fix: 'Ask the other side whether it was done; correct how the response is read (responseAs, charset) before the next call.',
  });
}

/**
 * Compiles a list of names, each with a template for its value. The returned function fills in the templates, and
 * leaves out names without a value.
 */
function compileFields(
  templates: Readonly<Record<string, string>>,
  encodeName: (name: string) => string,
  encode: EncodeValue,
  encodeFixed: (text: string) => string,
): (scope: Scope) => readonly [string, string][] {
  const fields = Object.entries(templates).map(([name, template]) => ({
    name: encodeName(name),
    fill: compileTemplate(template, encode, encodeFixed),
  }));
  if (fields.length === 0) return () => [];
  return (scope) =>
    fields.flatMap(({ name, fill }): [string, string][] => {
      const value = fill(scope);
      return value === undefined ? [] : [[name, value]];
    });
}

const NO_BODY = Symbol('no body');

function compileBody(config: Config, build: BuildContext): (scope: Scope) => unknown {
  const source = config.body ?? (['POST', 'PUT', 'PATCH'].includes(config.method) ? 'message' : 'none');
  if (source === 'none') return () => NO_BODY;
  if (source === 'message') return (scope) => scope.message.data;
  return atField('/body', () => compileOperand(source, (text) => build.compileExpression(text)));
}

interface Body {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/**
 * Encodes the body: bytes are sent unchanged, text in the charset of the message or adapter, everything else as JSON.
 */
function encodeBody(data: unknown, message: Message, ctx: NodeContext<Config>): Body | undefined {
  if (data === NO_BODY || data === undefined) return undefined;
  if (data instanceof Uint8Array) return { bytes: data, contentType: message.mediaType };
  if (typeof data === 'string' && !isJsonType(message.mediaType)) {
    const charset = message.charset ?? ctx.adapter?.charset ?? 'UTF-8';
    return { bytes: encodeText(data, charset), contentType: `${message.mediaType}; charset=${charset}` };
  }
  return { bytes: Buffer.from(JSON.stringify(data)), contentType: 'application/json' };
}

function compileExpected(ranges: readonly string[]): (status: number) => boolean {
  const bounds = ranges.map((range) => range.split('-').map(Number));
  return (status) => bounds.some(([from = 0, to = from]) => status >= from && status <= to);
}

function decodeAnswer(
  config: Config,
  ctx: NodeContext<Config>,
  message: Message,
  response: OutboundResponse,
  parser: Parser,
): Message | Promise<Message> {
  const type = parseMediaType(response.headers['content-type']);
  const body = decodeBody(config.responseAs, type, ctx, response.body, parser);
  const toMessage = (decoded: unknown): Message => {
    const data = config.full ? { status: response.status, headers: response.headers, body: decoded } : decoded;
    const mediaType = config.full ? 'application/json' : type.name || 'application/octet-stream';
    const { headers, keys, lineage } = message;
    return type.charset === undefined
      ? { data, mediaType, headers, keys, lineage }
      : { data, mediaType, charset: type.charset, headers, keys, lineage };
  };
  return body instanceof Promise ? body.then(toMessage) : toMessage(body);
}

/** Returns the decoded body, or a promise of it when a large body is parsed in a thread. */
function decodeBody(as: Config['responseAs'], type: MediaType, ctx: NodeContext<Config>, body: Buffer, parser: Parser): unknown {
  const form = as !== 'auto' ? as : isJsonType(type.name) ? 'json' : isTextType(type.name) ? 'text' : 'bytes';
  if (form === 'bytes') return new Uint8Array(body);
  if (form === 'text') return decodeText(body, type.charset ?? ctx.adapter?.charset ?? 'UTF-8').replace(/^\ufeff/, '');
  if (body.byteLength === 0) return null;
  return parser.parse({ kind: 'json', source: body, charset: type.charset ?? 'UTF-8', options: DEFAULT_JSON_OPTIONS }, ctx);
}
