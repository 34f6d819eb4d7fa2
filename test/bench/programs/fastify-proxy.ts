/** The baseline of the gateway cases: a bare fastify + undici proxy that streams both ways with `pool.request`. */
import Fastify from 'fastify';
import { Pool } from 'undici';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../measure/program.ts';

await serveProgram<{ readonly upstream: string; readonly path: string }>(async ({ upstream, path }) => {
  const pool = new Pool(upstream, { connections: 256, pipelining: 1 });
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.all(path, async (request, reply) => {
    const { connection: _connection, host: _host, ...headers } = request.headers;
    const hasBody = request.method !== 'GET';
    const answer = await pool.request({
      method: request.method as 'GET',
      path: request.raw.url!,
      headers,
      body: hasBody ? request.raw : null,
    });
    const { connection: _own, 'keep-alive': _keepAlive, ...passed } = answer.headers;
    return reply.code(answer.statusCode).headers(passed).send(answer.body);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    port: (app.server.address() as AddressInfo).port,
    async stop() {
      app.server.closeAllConnections();
      await app.close();
      await pool.destroy();
    },
  };
});
