/** The configuration of an HTTP call, and its checks. */
import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import { parseFieldPath } from '../../engine/contract/flow/scope-path.ts';
import type { AppError } from '../../engine/contract/values/errors.ts';
import { bothTexts } from '../../engine/contract/error-texts/error-texts.ts';
import { valuesBy, valuesByName } from '../../engine/contract/values/named-values.ts';
import type { ConfigProblem, Effect } from '../../engine/contract/node/node.ts';
import { pointerStep } from '../../engine/contract/schema/schema-problem.ts';
import { fieldEditor, fieldText, type Text } from '../../engine/contract/values/texts.ts';
import { compileTemplate } from '../shared/http/template.ts';

export const DEFAULT_MOST_PAGES = 100;
export const DEFAULT_MOST_ITEMS = 10_000;

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

const Pages = Type.Object(
  {
    by: Type.Union([Type.Literal('link'), Type.Literal('address'), Type.Literal('cursor'), Type.Literal('page'), Type.Literal('offset')], {
      ...fieldText('翻页方式', 'Next page by', undefined, undefined, {
        options: {
          link: ['响应头 Link', 'The header Link'],
          address: ['响应中的地址', 'An address in the answer'],
          cursor: ['响应中的游标', 'A cursor in the answer'],
          page: ['页码', 'Page number'],
          offset: ['起始条数', 'Number of items to skip'],
        },
      }),
      default: 'link',
    }),
    items: Type.Optional(
      Type.String({
        ...fieldText('条目所在字段', 'Field of the items', '不填时响应本身是列表。', 'If left out, the answer itself is the list.', {
          example: 'data.items',
        }),
        ...fieldEditor('data-path'),
        minLength: 1,
        maxLength: 1000,
      }),
    ),
    next: Type.Optional(
      Type.String({
        ...fieldText(
          '下一页所在字段',
          'Field of the next page',
          '用于地址与游标；该字段为空即为最后一页。',
          'Of the address or the cursor; a page where it is empty is the last one.',
          { example: 'links.next' },
        ),
        ...fieldEditor('data-path'),
        minLength: 1,
        maxLength: 1000,
      }),
    ),
    place: Type.Optional(
      Type.Union([Type.Literal('query'), Type.Literal('body')], {
        ...fieldText(
          '翻页参数位置',
          'Place of the parameter',
          '游标、页码或起始条数写在哪里。请求体须为 JSON 对象或表单，其余字段不变。',
          'Where the cursor, the page number or the items to skip are written. A body must be a JSON object or a form; its other fields stay.',
          { options: { query: ['查询参数', 'Query'], body: ['请求体', 'Body'] } },
        ),
        default: 'query',
      }),
    ),
    parameter: Type.Optional(
      Type.String({
        ...fieldText(
          '翻页参数名',
          'Parameter',
          '用于游标、页码与起始条数；不填时为 cursor、page、offset。在 JSON 请求体中可写路径，如 page.no；在表单中就是字段名。',
          'Of the cursor, the page number or the items to skip; if left out: cursor, page, offset. In a JSON body it may be a path, such as page.no; in a form it is the name of the field.',
          { example: 'pageNo' },
        ),
        minLength: 1,
        maxLength: 200,
      }),
    ),
    first: Type.Optional(
      Type.Integer({
        ...fieldText('首页页码', 'First page number', '仅用于页码。', 'Only for page numbers.'),
        minimum: 0,
        maximum: 1_000_000,
        default: 1,
      }),
    ),
    pageSize: Type.Optional(
      Type.Integer({
        ...fieldText(
          '每页条数',
          'Items per page',
          '用于页码与起始条数：条数不足的页是最后一页；不填时读到空页为止。对方要求的每页条数参数请另写在“查询参数”或请求体中。',
          'For page numbers and items to skip: a page with fewer items is the last one; if left out, an empty page is. The parameter that the other side needs for it belongs to the query or the body.',
        ),
        minimum: 1,
        maximum: 100_000,
      }),
    ),
    maxPages: Type.Optional(
      Type.Integer({ ...fieldText('最多页数', 'Most pages'), minimum: 1, maximum: 10_000, default: DEFAULT_MOST_PAGES }),
    ),
    maxItems: Type.Optional(
      Type.Integer({
        ...fieldText('最多条数', 'Most items', '超过时报错，不会只取一部分。', 'More are an error; items are never left out.'),
        minimum: 1,
        maximum: 100_000,
        default: DEFAULT_MOST_ITEMS,
      }),
    ),
  },
  {
    ...fieldText(
      '翻页',
      'Pages',
      '逐页读取，输出所有条目的列表；每页各有调用时限。',
      'Reads page by page and emits the list of all items; the call time-out is that of each page.',
    ),
    ...fieldEditor('optional-group'),
    additionalProperties: false,
  },
);
export type Pages = Static<typeof Pages>;

export const Config = Type.Object(
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
        { example: '/patients/{data.patient.id}', pattern: ['以 / 开头', 'It begins with /'] },
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
    bodyAs: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Literal('form'), Type.Literal('multipart'), Type.Literal('blob')], {
        ...fieldText(
          '请求体格式',
          'Body as',
          '表单的各字段取自数据的同名字段；文件用文件引用，边读边发。',
          'The fields of a form are those of the data; a file is a blob reference, which is read while it is sent.',
          {
            options: {
              auto: ['自动（JSON、文本或字节）', 'Automatic (JSON, text or bytes)'],
              form: ['表单（urlencoded）', 'Form (urlencoded)'],
              multipart: ['带文件的表单（multipart）', 'Form with files (multipart)'],
              blob: ['一个文件', 'One file'],
            },
          },
        ),
        default: 'auto',
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
    responseAs: Type.Union(
      [Type.Literal('auto'), Type.Literal('json'), Type.Literal('text'), Type.Literal('bytes'), Type.Literal('blob')],
      {
        ...fieldText('响应解析为', 'Answer as', undefined, undefined, {
          options: {
            auto: ['自动（按 content-type）', 'Automatic (by content-type)'],
            json: ['JSON', 'JSON'],
            text: ['文本', 'Text'],
            bytes: ['字节', 'Bytes'],
            blob: ['文件引用（大文件）', 'Blob reference (large files)'],
          },
        }),
        default: 'auto',
      },
    ),
    blobAboveBytes: Type.Optional(
      Type.Integer({
        ...fieldText(
          '超过多大存为文件',
          'Blob reference above',
          '更大的响应体存为文件引用，不解析；不填时总是解析。',
          'A larger body becomes a blob reference and is not parsed; if left out, every body is parsed.',
        ),
        ...fieldEditor('size-bytes'),
        minimum: 1,
        maximum: 1_073_741_824,
      }),
    ),
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
    pages: Type.Optional(Pages),
  },
  { additionalProperties: false },
);
export type Config = Static<typeof Config>;

export function effectOf(config: Config): Effect {
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
const PAGES_READ = { 'zh-CN': '翻页只用于查询；会改变数据的调用不能重复发送', en: 'are only for calls that only read' };
const PAGES_PARSED = { 'zh-CN': '翻页需要解析每页的 JSON', en: 'must be left to JSON, because each page is parsed' };
const NEXT_ABSENT = {
  'zh-CN': '请填写下一页的地址或游标所在的字段',
  en: 'must name the field with the address or the cursor of the next page',
};
const PAGES_BODY = {
  'zh-CN': '翻页参数在请求体中时，请求体须为 JSON 对象或表单，翻页方式须为游标、页码或起始条数',
  en: 'needs a body that is a JSON object or a form, and pages by a cursor, a page number or the items to skip',
};
const FIELD_NAMES = { 'zh-CN': '请求体中的翻页参数只能是字段名，如 page.no', en: 'must consist of field names, such as page.no' };
const OWN_HEADER = { 'zh-CN': '该请求头由平台设置，不能在此填写', en: 'is set by the platform' };

export function checkConfig(config: Config): readonly ConfigProblem[] {
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
  return [...problems, ...checkPages(config)];
}

function checkPages(config: Config): readonly ConfigProblem[] {
  const { pages, responseAs, blobAboveBytes } = config;
  if (pages === undefined) return [];
  const isParsed = (responseAs === 'auto' || responseAs === 'json') && blobAboveBytes === undefined;
  return [
    ...(effectOf(config) === 'read' ? [] : [{ path: '/pages', message: PAGES_READ }]),
    ...(isParsed
      ? []
      : [{ path: responseAs === 'auto' || responseAs === 'json' ? '/blobAboveBytes' : '/responseAs', message: PAGES_PARSED }]),
    ...(pages.next === undefined && (pages.by === 'address' || pages.by === 'cursor')
      ? [{ path: '/pages/next', message: NEXT_ABSENT }]
      : []),
    ...['items', 'next'].flatMap((field) => checkPath(`/pages/${field}`, pages[field as 'items' | 'next'])),
    ...(pages.place === 'body' ? checkPagesInBody(config, pages) : []),
  ];
}

/** The fields of a form have no fields of their own: a name with dots is only a name. */
export function isForm(bodyAs: Config['bodyAs']): boolean {
  return bodyAs === 'form' || bodyAs === 'multipart';
}

function checkPagesInBody({ method, body, bodyAs }: Config, { by, parameter }: Pages): readonly ConfigProblem[] {
  const hasBody = body === undefined ? method === 'POST' : body !== 'none';
  const isWrong = !hasBody || bodyAs === 'blob' || by === 'link' || by === 'address';
  const problems = isForm(bodyAs) ? [] : checkPath('/pages/parameter', parameter);
  const hasPositions =
    !isForm(bodyAs) && problems.length === 0 && parameter !== undefined && parseFieldPath(parameter).some(Number.isInteger);
  return [
    ...(isWrong ? [{ path: '/pages/place', message: PAGES_BODY }] : []),
    ...problems,
    ...(hasPositions ? [{ path: '/pages/parameter', message: FIELD_NAMES }] : []),
  ];
}

function checkPath(path: string, text: string | undefined): readonly ConfigProblem[] {
  try {
    if (text !== undefined) parseFieldPath(text);
    return [];
  } catch (error) {
    return [{ path, message: bothTexts(error as AppError) }];
  }
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
