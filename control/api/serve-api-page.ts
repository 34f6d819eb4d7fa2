/**
 * Serves the OpenAPI page from a separate Fastify app, created on the first visit. Creating it at every start would
 * take a tenth of the start time.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ApiPage } from './openapi.ts';

export interface ServedPage extends ApiPage {
  /** Registers the routes that the page describes. */
  readonly api: (scope: FastifyInstance) => Promise<void>;
}

export function serveApiPage(app: FastifyInstance, page: ServedPage): void {
  let opened: Promise<FastifyInstance> | undefined;
  const show = async ({ url, headers }: FastifyRequest, reply: FastifyReply) => {
    opened ??= openPage(page);
    const answer = await (await opened).inject({ method: 'GET', url, headers });
    if (answer.statusCode === 404) return reply.callNotFound();
    // `connection` and `date` belong to the other connection, so do not copy them.
    const { connection: _connection, date: _date, ...kept } = answer.headers;
    return reply.code(answer.statusCode).headers(kept).send(answer.rawPayload);
  };
  for (const url of ['/api/docs', '/api/docs/*']) app.get(url, { schema: { hide: true } }, show);
}

async function openPage({ api, ...page }: ServedPage): Promise<FastifyInstance> {
  const { addOpenApi } = await import('./openapi.ts');
  const app = Fastify();
  app.setValidatorCompiler(() => () => true);
  await addOpenApi(app, page);
  const described = async (scope: FastifyInstance) => {
    // These routes are only described here and must never run. But `inject` resolves dots in a path, so
    // `/api/docs/../v1/me` arrives here too and gets 404.
    scope.addHook('onRequest', async (_request, reply) => reply.callNotFound());
    await api(scope);
  };
  await app.register(described, { prefix: '/api/v1' });
  await app.ready();
  return app;
}
