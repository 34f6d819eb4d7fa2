/** Describes the interfaces of one front as an OpenAPI 3.1 document, for the people who write callers. */
import { Type } from 'typebox';
import { FRONTS, type Front } from '../../engine/contract/access/access.ts';
import { fieldText, type Text } from '../../engine/contract/values/texts.ts';
import { OneOf } from '../../gateways/documents/document-fields.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { ADAPTER_HEADER, TRANSPORT_PATH } from '../../gateways/documents/transport-path.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { Registry } from '../registry/registry.ts';

export interface FrontOpenApiServices {
  readonly registry: Registry;
  readonly info: ControlInfo;
}

export interface FrontOpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

const TITLES: Readonly<Record<Front, string>> = {
  open: '康桥开放网关接口 / Kangqiao open front',
  user: '康桥用户网关接口 / Kangqiao user front',
  bus: '康桥总线网关接口 / Kangqiao bus front',
};

const SECURITY: Readonly<Record<Front, Readonly<Record<string, unknown>>>> = {
  open: { kq1: { type: 'apiKey', in: 'header', name: 'authorization', description: 'KQ1 (docs/kq1-vectors)' } },
  user: { userToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
  bus: { busToken: { type: 'http', scheme: 'bearer' } },
};

export function frontOpenApiActions({ registry, info }: FrontOpenApiServices): readonly Action[] {
  return [
    defineAction({
      name: 'interfaces.openapi',
      right: 'interfaces.read',
      domain: 'filtered',
      text: { 'zh-CN': '一个网关上在线接口的 OpenAPI 文档', en: 'OpenAPI document of the interfaces of a front that are online' },
      input: Type.Object({ front: OneOf(FRONTS, fieldText('网关', 'Front')) }, closed),
      audited: false,
      async run({ domains }, { front }): Promise<FrontOpenApi> {
        const seen = domains.keep(await registry.interfaces.list());
        const address = info.addresses()[front];
        return {
          openapi: '3.1.0',
          info: { title: TITLES[front], version: info.version, description: aboutOf(front) },
          servers: address === undefined ? [] : [{ url: address }],
          paths: pathsOf(seen.filter((document) => document.front === front && document.state === 'online')),
          components: { securitySchemes: SECURITY[front], schemas: { Error: ERROR } },
        };
      },
    }),
  ];
}

/** The errors of all fronts (`gateways/errors.ts`). */
const ERROR = {
  type: 'object',
  required: ['code', 'message', 'traceId', 'serverTime'],
  properties: {
    code: { type: 'string', description: 'GW…' },
    message: { type: 'string' },
    traceId: { type: 'string' },
    serverTime: { type: 'integer', description: 'ms' },
    cause: { type: 'string', description: '流程的错误代码 / the code of the error of the flow' },
    outcome: { enum: ['done', 'unknown'] },
    issues: { type: 'array', items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } } },
  },
};

function aboutOf(front: Front): string {
  if (front !== 'bus') return '';
  return [
    `传输组件 API（${TRANSPORT_PATH}…）：路径末尾的适配器也可写在请求头 ${ADAPTER_HEADER} 中。`,
    `Transport API (${TRANSPORT_PATH}…): the adapter at the end of the path may be named in the header ${ADAPTER_HEADER} instead.`,
  ].join('\n\n');
}

function pathsOf(documents: readonly InterfaceDocument[]): FrontOpenApi['paths'] {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const document of documents.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = document.path.replace(/:([^/]+)/g, '{$1}');
    (paths[path] ??= {})[document.method.toLowerCase()] = describeInterface(document);
  }
  return paths;
}

function describeInterface(document: InterfaceDocument) {
  const { interfaceId, name, description, front, path, querySchema, responseSchema } = document;
  const body = bodyOf(document);
  return {
    operationId: interfaceId,
    summary: both(name, ' / '),
    ...(description === undefined ? {} : { description: both(description, '\n\n') }),
    tags: [path.startsWith(TRANSPORT_PATH) && front === 'bus' ? 'transport' : document.domain],
    security: Object.keys(SECURITY[front]).map((scheme) => ({ [scheme]: [] })),
    parameters: [...pathParameters(path), ...queryParameters(querySchema), ...keyParameter(document)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: {
      '200': {
        description: 'OK',
        ...(responseSchema === undefined ? {} : { content: { 'application/json': { schema: responseSchema } } }),
      },
      default: { description: 'Error', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  };
}

function both(text: Text, between: string): string {
  return `${text['zh-CN']}${between}${text.en}`;
}

function bodyOf({ method, requestSchema, policies }: InterfaceDocument): Readonly<Record<string, unknown>> | undefined {
  if (requestSchema !== undefined) return { 'application/json': { schema: requestSchema } };
  const media = policies?.['media-type'];
  const { accept = [] } = (media || {}) as { readonly accept?: readonly string[] };
  return method === 'GET' || accept.length === 0 ? undefined : Object.fromEntries(accept.map((type) => [type, {}]));
}

function pathParameters(path: string) {
  return [...path.matchAll(/\/:([^/]+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(schema: InterfaceDocument['querySchema']) {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, one]) => ({ name, in: 'query', required: required.includes(name), schema: one }));
}

function keyParameter({ requireIdempotencyKey, method }: InterfaceDocument) {
  if (method === 'GET') return [];
  const schema = { type: 'string', minLength: 1, maxLength: 128 };
  return [{ name: 'Idempotency-Key', in: 'header', required: requireIdempotencyKey === true, schema }];
}
