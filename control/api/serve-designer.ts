/**
 * Serves the built pages of the designer. Every page address returns the same HTML, because the browser does the
 * routing.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import serveStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const DIST = new URL('../../designer/dist/', import.meta.url);
const NOT_BUILT =
  '<!doctype html><meta charset="utf-8"><title>康桥</title><p>The designer is not built yet: run <code>npm run build:designer</code>, then reload. 设计器尚未构建：运行该命令后刷新。</p>';
/** Page addresses contain only names and ids. An address such as `/.git/config` or one with dots gets 404. */
const PAGE = /^\/(?!api(?:\/|$))[\w/-]*(?:\?|$)/;
const YEAR_SECONDS = 31_536_000;

export async function serveDesigner(app: FastifyInstance, csp: string): Promise<void> {
  await app.register(serveStatic, {
    root: fileURLToPath(DIST),
    index: false,
    wildcard: false,
    serve: false,
  });
  let page: string | undefined;
  const showPage = (request: FastifyRequest, reply: FastifyReply) => {
    if (!PAGE.test(request.url)) return reply.callNotFound();
    page ??= existsSync(new URL('index.html', DIST)) ? readFileSync(new URL('index.html', DIST), 'utf8') : undefined;
    if (page === undefined) return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT);
    const nonce = randomBytes(16).toString('base64url');
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', csp.replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`))
      .send(page.replaceAll('{{nonce}}', nonce));
  };
  app.get('/assets/*', { schema: { hide: true } }, (request, reply) => {
    // The name of an asset contains a digest of its content, so the browser may cache it for long.
    const { '*': name } = request.params as { readonly '*': string };
    return reply.sendFile(`assets/${name}`, { maxAge: YEAR_SECONDS * 1000, immutable: true });
  });
  app.get('/icon.svg', { schema: { hide: true } }, (_request, reply) => reply.sendFile('icon.svg'));
  app.get('/', { schema: { hide: true } }, showPage);
  app.get('/:page', { schema: { hide: true } }, showPage);
  app.get('/:page/*', { schema: { hide: true } }, showPage);
}
