/** The page of the admin API: an application of its own, opened when somebody first looks. At each start it would cost a tenth of the time. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ApiPage } from './openapi.ts';

export interface ServedPage extends ApiPage {
  /** Mounts what is described, as it is served. */
  readonly api: (scope: FastifyInstance) => Promise<void>;
}

export function serveApiPage(app: FastifyInstance, page: ServedPage): void {
  let opened: Promise<FastifyInstance> | undefined;
  const show = async ({ url, headers }: FastifyRequest, reply: FastifyReply) => {
    opened ??= openPage(page);
    const answer = await (await opened).inject({ method: 'GET', url, headers });
    if (answer.statusCode === 404) return reply.callNotFound();
    // Those two are of the connection, not of the page.
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
    // Described and never run: `inject` resolves dots in a path, so `/api/docs/../v1/me` comes here too.
    scope.addHook('onRequest', async (_request, reply) => reply.callNotFound());
    await api(scope);
  };
  await app.register(described, { prefix: '/api/v1' });
  await app.ready();
  return app;
}
