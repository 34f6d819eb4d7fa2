import { Type } from 'typebox';
import { definePolicy, type Answer, type Exchange, type GatewayError } from '../../contract.ts';
import type { SafeSite } from '../../documents/safe-site.ts';
import { refuse } from '../../errors.ts';

/** How long a browser may remember the answer of a preflight, in seconds. */
const REMEMBERED_SEC = 600;
const METHODS = 'GET, POST, PUT, PATCH, DELETE';
/** Headers of responses that pages of other origins may read. */
const EXPOSED = 'x-kq-trace, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset';
/** Names of headers (RFC 9110, 5.1), separated by commas. */
const HEADER_NAMES = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:, ?[A-Za-z0-9!#$%&'*+.^_`|~-]+){0,99}$/;
const FROM = Symbol('not from a safe site');

/**
 * Lets pages of safe sites call the user front, and no others: checks Host, Origin and Referer, answers the preflight of
 * a browser (CORS), and allows the page to read the response. A request without Origin and Referer is not from a page
 * of another site, because browsers send at least one of them.
 */
export default definePolicy({
  name: 'safe-site',
  stage: 'coarse-limit',
  fronts: ['user'],
  text: {
    label: { 'zh-CN': '安全域名', en: 'Safe sites' },
    help: {
      'zh-CN': '按“安全”页的安全域名检查 Host、Origin 与 Referer，并应答浏览器的跨域预检；其他来源返回 GW40307。',
      en: 'Checks Host, Origin and Referer against the safe sites of the page Security, and answers the preflight of browsers; others get GW40307.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile:
    (_options, _target, _front, { clock }) =>
    (exchange) => {
      const { safeSites } = exchange.plan;
      const now = clock.now();
      if (safeSites.checks('host') && safeSites.findHost(canonicalHost(exchange.host), now) === undefined)
        return refuseSite(exchange, 'host');
      if (!safeSites.checks('origin')) return undefined;
      // Also without an Origin: a cache must not give this response to a page of another site.
      exchange.responseHeaders.push('vary', 'Origin');
      const origin = exchange.incoming.get('origin');
      const site = findOrigin(exchange, origin, now);
      if (site === FROM) return refuseSite(exchange, origin === undefined ? 'referer' : 'origin');
      if (origin === undefined || site === undefined) return undefined;
      allowReading(exchange, origin, site);
      return exchange.method === 'OPTIONS' && exchange.incoming.has('access-control-request-method')
        ? answerPreflight(exchange.incoming.get('access-control-request-headers'))
        : undefined;
    },
});

function refuseSite(exchange: Exchange, where: 'host' | 'origin' | 'referer'): GatewayError {
  exchange.note({ policy: 'safe-site', where, what: 'not-listed' });
  return refuse('GW40307');
}

/** Returns the site of Origin or Referer; undefined if the request has neither. */
function findOrigin({ plan, incoming, repeated }: Exchange, origin: string | undefined, now: number): SafeSite | undefined | typeof FROM {
  const referer = incoming.get('referer');
  if (repeated.has('origin') || repeated.has('referer')) return FROM;
  const find = (from: string) => plan.safeSites.find('origin', from, now) ?? plan.safeSites.find('host', from, now) ?? FROM;
  const site = origin === undefined ? undefined : find(origin);
  if (site === FROM || referer === undefined) return site;
  const from = URL.canParse(referer) ? find(new URL(referer).origin) : FROM;
  return from === FROM ? FROM : (site ?? from);
}

/** A gateway in the DMZ adds these headers itself. */
function allowReading({ relay, responseHeaders }: Exchange, origin: string, { allowsCredentials }: SafeSite): void {
  if (relay !== undefined) return;
  responseHeaders.push('access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED);
  if (allowsCredentials === true) responseHeaders.push('access-control-allow-credentials', 'true');
}

function answerPreflight(asked: string | undefined): Answer | GatewayError {
  if (asked !== undefined && !HEADER_NAMES.test(asked)) return refuse('GW40001');
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': METHODS,
      ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
      'access-control-max-age': String(REMEMBERED_SEC),
    },
    body: undefined,
  };
}

function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/:(?:443|80)$/, '');
}
