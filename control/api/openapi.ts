/**
 * The OpenAPI document of the admin API, and the page that shows it. The designer's client is generated from this
 * document.
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type FastifySchema } from 'fastify';
import { FRONTS } from '../../engine/contract/access/access.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { FieldText, Text } from '../../engine/contract/values/texts.ts';
import type { Action } from '../action/action.ts';
import { mountActions } from './mount-actions.ts';
import { readOutputSchemas, type OutputSchemas } from './output-schemas.ts';

export interface ApiPage {
  readonly version: string;
  readonly csp: string;
  /** Name of the session cookie on this server. */
  readonly cookieName: string;
}

export async function addOpenApi(app: FastifyInstance, { version, csp, cookieName }: ApiPage): Promise<void> {
  await addDocument(app, { version, cookieName }, readOutputSchemas(), withDescriptions);
  const page = {
    staticCSP: true,
    // Allow inline styles, because the page sets them on its elements. Scripts may come only from its own files.
    transformStaticCSP: () => csp.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
    theme: { title: '康桥 API' },
  };
  const shown = { deepLinking: true, docExpansion: 'list', layout: 'BaseLayout' } as const;
  await app.register(swaggerUi, { ...page, routePrefix: '/api/docs', uiConfig: { ...shown, requestInterceptor: markOwnRequest } });
  for (const front of FRONTS) {
    // The gateways are other origins, so nothing is sent from here.
    const uiConfig = { ...shown, supportedSubmitMethods: [], requestInterceptor: readFront };
    await app.register(async (scope) => scope.register(swaggerUi, { ...page, routePrefix: `/api/docs/${front}`, uiConfig }));
  }
}

/** Builds only the document. The actions are described and never run. */
export async function apiDocument(actions: readonly Action[], schemas: OutputSchemas): Promise<unknown> {
  const app = Fastify();
  const neverRun = () => Promise.reject(new Error('described only'));
  await addDocument(app, { version: '0', cookieName: 'kq_session' }, schemas);
  await app.register(async (api) => mountActions(api, { actions, run: neverRun, authenticate: neverRun, afterAction: () => {} }), {
    prefix: '/api/v1',
  });
  await app.ready();
  return app.swagger();
}

async function addDocument(
  app: FastifyInstance,
  { version, cookieName }: Pick<ApiPage, 'version' | 'cookieName'>,
  { outputs, components }: OutputSchemas,
  shown: (schema: FastifySchema) => FastifySchema = (schema) => schema,
): Promise<void> {
  await app.register(swagger, {
    transform: ({ schema, url, route }) => ({ schema: shown(route.config?.describe?.() ?? schema), url }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      for (const path of Object.values(openapiObject.paths ?? {}))
        for (const operation of Object.values(path ?? {})) addOutput(operation as Operation, outputs);
      return { ...openapiObject, components: { ...openapiObject.components, schemas: components } } as typeof openapiObject;
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: '康桥管理接口 / Kangqiao admin API',
        version,
        description: '会话 cookie（浏览器，另须请求头 x-kq-client）或令牌（命令行）。',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: cookieName },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ session: [] }, { token: [] }],
    },
  });
}

interface Operation {
  readonly operationId?: string;
  readonly responses?: Record<string, Record<string, unknown>>;
}

const BYTES = { type: 'string', format: 'binary' };

function isFile(schema: unknown): boolean {
  return isRecord(schema) && schema['$ref'] === '#/components/schemas/FileOutput';
}

function addOutput({ operationId = '', responses }: Operation, outputs: OutputSchemas['outputs']): void {
  const schema = outputs[operationId];
  if (schema === undefined || responses === undefined) return;
  const content = isFile(schema) ? { 'application/octet-stream': { schema: BYTES } } : { 'application/json': { schema } };
  responses['200'] = { description: 'Done', content };
}

/**
 * Copies the form text of each field into its OpenAPI description. Only the page needs this; types are generated
 * without it.
 */
function withDescriptions(schema: FastifySchema): FastifySchema {
  return JSON.parse(JSON.stringify(schema, (_key, value: unknown) => withDescription(value))) as FastifySchema;
}

function withDescription(value: unknown): unknown {
  // A field may be named `text`. Its value is then a schema, which has no label.
  const words = isRecord(value) ? (value['text'] as Partial<FieldText> | undefined) : undefined;
  if (!isRecord(value) || words?.label === undefined) return value;
  const { text: _text, editor: _editor, ...schema } = value;
  const { label, help } = words;
  const inLanguage = (language: keyof Text) => (help === undefined ? label[language] : `${label[language]}: ${help[language]}`);
  return { ...schema, description: `${inLanguage('zh-CN')} / ${inLanguage('en')}` };
}

/** Reads the document of the front that the page is about. This function is serialised into the page and runs there. */
function readFront(request: Record<string, unknown>) {
  const front = (globalThis as unknown as { location: { pathname: string } }).location.pathname.split('/')[3];
  return Object.assign(request, { url: `/api/v1/openapi/${front}`, headers: { 'x-kq-client': 'docs' } });
}

/** Adds the header that requests of the console have. This function is serialised into the page and runs there. */
function markOwnRequest(request: Record<string, unknown>) {
  request['headers'] = Object.assign({}, request['headers'], { 'x-kq-client': 'docs' });
  return request;
}
