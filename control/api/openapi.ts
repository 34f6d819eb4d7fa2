/** The OpenAPI document of the admin API and the page that shows it; the designer's client is generated from the same document. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Action } from '../actions/action.ts';
import { mountActions } from './mount-actions.ts';

export interface ApiPage {
  readonly version: string;
  readonly csp: string;
  /** Under which name a browser keeps its session here. */
  readonly cookieName: string;
}

export async function addOpenApi(app: FastifyInstance, { version, csp, cookieName }: ApiPage): Promise<void> {
  await addDocument(app, version, cookieName);
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: true,
    // The page sets styles on its elements; no script but its own files.
    transformStaticCSP: () => csp.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
    uiConfig: { deepLinking: true, docExpansion: 'list', layout: 'BaseLayout', requestInterceptor: markOwnRequest },
    theme: { title: '康桥 API' },
  });
}

/** The document alone, of actions that are described and never run. */
export async function apiDocument(actions: readonly Action[]): Promise<unknown> {
  const app = Fastify();
  // Schemas are described here; their words for forms are no business of a validator.
  app.setValidatorCompiler(() => () => true);
  const neverRun = () => Promise.reject(new Error('described only'));
  await addDocument(app, '0', 'kq_session');
  await app.register(async (api) => mountActions(api, { actions, run: neverRun, authenticate: neverRun, afterAction: () => {} }), {
    prefix: '/api/v1',
  });
  await app.ready();
  return app.swagger();
}

async function addDocument(app: FastifyInstance, version: string, cookieName: string): Promise<void> {
  await app.register(swagger, {
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

/** Runs in the page, as text: calls from there carry what calls of the console carry. */
function markOwnRequest(request: Record<string, unknown>) {
  request['headers'] = Object.assign({}, request['headers'], { 'x-kq-client': 'docs' });
  return request;
}
