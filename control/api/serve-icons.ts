/**
 * Serves icons of node types by name (`GET /icons/<name>.svg`) from the Lucide set: a node type names an icon and
 * ships no file.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';

/** Shown for an icon that is not in the set. */
const NEUTRAL = 'box';
const YEAR_SECONDS = 31_536_000;
const A_WHILE_SECONDS = 300;

interface IconSet {
  readonly icons: Readonly<Record<string, { readonly body: string }>>;
  readonly aliases?: Readonly<Record<string, { readonly parent: string }>>;
}

/** Serves icons without a login: they are part of the product and reveal nothing. */
export function serveIcons(app: FastifyInstance): void {
  let set: IconSet | undefined;
  app.get('/icons/:file', { schema: { hide: true } }, (request, reply) => {
    const { file } = request.params as { readonly file: string };
    set ??= readIconSet();
    const body = iconBody(set, file.replace(/\.svg$/, ''));
    const seconds = body === undefined ? A_WHILE_SECONDS : YEAR_SECONDS;
    return reply
      .type('image/svg+xml')
      .header('cache-control', `public, max-age=${seconds}${body === undefined ? '' : ', immutable'}`)
      .send(
        `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">${body ?? iconBody(set, NEUTRAL) ?? ''}</svg>`,
      );
  });
}

export function readIconSet(): IconSet {
  const file = createRequire(import.meta.url).resolve('@iconify-json/lucide/icons.json');
  return JSON.parse(readFileSync(file, 'utf8')) as IconSet;
}

/** Returns the SVG body of an icon; undefined if the set has no such icon. Resolves older names to newer ones. */
export function iconBody({ icons, aliases = {} }: IconSet, name: string): string | undefined {
  const known = Object.hasOwn(icons, name) ? name : Object.hasOwn(aliases, name) ? aliases[name]!.parent : undefined;
  return known === undefined ? undefined : icons[known]?.body;
}
