import { rememberNames } from './remember-names.ts';

/**
 * Headers that the gateway does not pass on: hop-by-hop ones (RFC 9110, 7.6.1), credentials, addresses that proxies
 * add, and the gateway's own names.
 */
const ENDING = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
  'authorization',
  'cookie',
  'forwarded',
  'x-real-ip',
]);

/**
 * Returns whether the flow and the upstream may see a request header of this lower-case name. Only the gateway sets
 * `x-kq-…`. Many services (CGI, WSGI, PHP) read `x_kq_user` as `x-kq-user`, so neither spelling is passed on.
 */
export function isVisibleHeader(name: string): boolean {
  if (name.includes('_')) return name !== '__proto__' && isVisibleHeader(name.replaceAll('_', '-'));
  return !ENDING.has(name) && !name.startsWith('x-kq-') && !name.startsWith('x-forwarded-');
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Registered headers about the message itself. Further ones begin with `accept-`, `content-`, `if-` or `sec-`. */
const STANDARD = words(
  `accept user-agent origin referer range cache-control pragma date dnt prefer priority purpose soapaction mime-version save-data
   idempotency-key x-request-deadline x-requested-with traceparent tracestate`,
);
/**
 * Words of headers from which some services take the target, the method, the person or the address: those that proxies
 * and log-in services set (`X-Consumer-Username`, `X-SSL-Client-S-DN`, `True-Client-IP`).
 */
const CLAIMING = words(
  `user users username userid uid account consumer credential credentials principal identity role roles group groups tenant login auth
   authenticated authentication authorization oidc saml claim claims scope scopes subject email permission permissions privilege
   privileges authorities admin impersonate sudo remote connecting originating original override rewrite proxy forwarded host ip
   dn cert certificate ssl tls`,
);
/** The end of a word that was written without a separator: `remoteuser`, `clientip`. */
const CLAIMING_END = /(?:user(?:id|name)?|roles?|(?:client|real|remote|peer)(?:ip|addr)|auth|cert)$/;
/** Headers that cloud proxies set. */
const OF_PROXY = /^(?:cf|fastly|x-(?:envoy|pomerium|authentik|authelia|vouch|amzn|goog|ms|azure|arr|appengine|kong))-/;
const OTHERS = words('x-http-method from x-request-id');

/**
 * Returns whether a header of an unsigned request makes a claim that a service could believe instead of the gateway's
 * own headers. Such headers are passed on only when the caller signed them. `_` counts as `-`.
 */
export const isClaiming = rememberNames((name) => {
  const plain = name.replaceAll('_', '-');
  if (isStandard(plain)) return false;
  return OTHERS.has(plain) || OF_PROXY.test(plain) || plain.split('-').some((part) => CLAIMING.has(part) || CLAIMING_END.test(part));
});

/** Returns whether a header is a registered one, or one that applications chose for themselves (`X-…`). */
export const isUsual = rememberNames((name) => /^x[-_]/.test(name) || isStandard(name));

function isStandard(name: string): boolean {
  return STANDARD.has(name) || /^(?:accept|content|if|sec)-/.test(name);
}

/**
 * Returns the further headers that `Connection` names. Like `Connection` itself they are not passed on (RFC 9110,
 * 7.6.1). The usual values of `Connection` name none.
 */
export function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection.length <= 'keep-alive'.length) return NO_NAMES;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  );
}

const NO_NAMES: ReadonlySet<string> = new Set();
